"""Every module that declares tasks or schedules, listed once; importing this module registers them."""

from __future__ import annotations

from fidelia.campaigns import tasks as campaigns
from fidelia.demo import tasks as demo
from fidelia.events import tasks as events
from fidelia.events.hooks import tasks as hooks
from fidelia.loyalty.codes import tasks as promo_codes
from fidelia.loyalty.members import tasks as members
from fidelia.loyalty.points import tasks as points
from fidelia.loyalty.promotions import tasks as promotions
from fidelia.market.feeds import tasks as feeds
from fidelia.market.imports import tasks as market_imports
from fidelia.messages import tasks as messages
from fidelia.platform.jobs import upkeep
from fidelia.profiles import tasks as profiles
from fidelia.profiles.imports import tasks as imports
from fidelia.profiles.imports.schedule import tasks as import_schedules
from fidelia.profiles.lists import tasks as lists
from fidelia.profiles.personal import tasks as personal
from fidelia.segments import tasks as segments
from fidelia.segments.bulk import tasks as bulk
from fidelia.segments.control import tasks as control
from fidelia.segments.products import tasks as product_segments
from fidelia.segments.scores import tasks as scores

MODULES = (
    upkeep,
    bulk,
    campaigns,
    control,
    demo,
    events,
    feeds,
    hooks,
    import_schedules,
    imports,
    lists,
    market_imports,
    members,
    messages,
    personal,
    product_segments,
    profiles,
    points,
    promotions,
    promo_codes,
    scores,
    segments,
)
