"""Every router, listed once. Paths inside are relative to ``/api/v1``; those of ``ROOT`` stand at the root."""

from __future__ import annotations

from litestar.types import ControllerRouterHandler

from fidelia.access.http import routers as access
from fidelia.campaigns.http import API as CAMPAIGNS
from fidelia.campaigns.http.person import PersonCampaignController
from fidelia.campaigns.report.http import CampaignReportController
from fidelia.demo.http import DemoController
from fidelia.events.goals.http import GoalController
from fidelia.events.goals.site.http import SiteController
from fidelia.events.hooks.http import HookController
from fidelia.events.http import API as EVENTS
from fidelia.events.http import ROOT as SEGMENT_PROTOCOL
from fidelia.loyalty.analytics.http import API as LOYALTY_REPORTS
from fidelia.loyalty.codes.http import routers as promo_codes
from fidelia.loyalty.members.http import API as MEMBERS
from fidelia.loyalty.orders.http import CalculatedOrderController, OrderMatchController
from fidelia.loyalty.points.http import API as POINTS
from fidelia.loyalty.programs.http import API as PROGRAMS
from fidelia.loyalty.promotions.http import API as PROMOTIONS
from fidelia.loyalty.testing.http import API as LOYALTY_TEST
from fidelia.market.feeds.http import MarketFeedController, MarketFeedRunController
from fidelia.market.http import (
    CategoryController,
    ChannelController,
    MarketSetupController,
    OrderController,
    ProductController,
    SkuController,
)
from fidelia.market.imports.http import MarketImportController
from fidelia.messages.http import API as MESSAGES
from fidelia.messages.http import ROOT as TRACKING
from fidelia.platform.jobs.http import JobController
from fidelia.profiles.figures.http import FigureController
from fidelia.profiles.http import routers as profiles
from fidelia.profiles.imports.http import DatabaseImportController, ImportController
from fidelia.profiles.imports.schedule.http import DatabaseScheduleController, ScheduleController
from fidelia.profiles.ingest.http import UpsertController
from fidelia.profiles.lists.http import routers as lists
from fidelia.profiles.merge.http import MergeController
from fidelia.profiles.personal.http import PersonalDataController
from fidelia.profiles.relations.http import RelatedController, RelationController
from fidelia.segments.bulk.http import BulkUpdateController
from fidelia.segments.control.http import ControlGroupController
from fidelia.segments.http import routers as segments
from fidelia.segments.products.http import ProductSegmentController
from fidelia.segments.scores.http import ScoreController

from .installation import InstallationController
from .notices import NoticeController

API: list[ControllerRouterHandler] = [
    *access,
    *EVENTS,
    GoalController,
    HookController,
    CategoryController,
    ChannelController,
    MarketImportController,
    MarketSetupController,
    OrderController,
    ProductController,
    SkuController,
    JobController,
    DemoController,
    *MESSAGES,
    InstallationController,
    NoticeController,
    *profiles,
    FigureController,
    UpsertController,
    *lists,
    MergeController,
    PersonalDataController,
    RelatedController,
    RelationController,
    *segments,
    ControlGroupController,
    BulkUpdateController,
    ScoreController,
    ProductSegmentController,
    MarketFeedController,
    MarketFeedRunController,
    DatabaseImportController,
    ImportController,
    DatabaseScheduleController,
    ScheduleController,
    *CAMPAIGNS,
    PersonCampaignController,
    CampaignReportController,
    *promo_codes,
    *POINTS,
    *PROGRAMS,
    *PROMOTIONS,
    *LOYALTY_TEST,
    *LOYALTY_REPORTS,
    CalculatedOrderController,
    OrderMatchController,
    *MEMBERS,
]

ROOT: list[ControllerRouterHandler] = [*SEGMENT_PROTOCOL, SiteController, *TRACKING]
