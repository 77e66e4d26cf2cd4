"""Messages: templates, mailings on a send ledger, tracking, reports, the capture mailbox. The face."""

from .bounces.server import run_bounces
from .channels.registry import channel_infos
from .conversions import forget_people as forget_conversions
from .conversions import goal_messages
from .conversions import merge_people as merge_conversions
from .conversions import personal_data as personal_conversions
from .kinds.placement.part import slots_part
from .mailbox.server import run_mailbox, serve_mailbox
from .model import Mailing, MailingType, MessageKey, Plan, Recipient, Template, TemplateVersion, Utm
from .ports import (
    ADMISSIONS,
    CAMPAIGN_HOLD,
    CAMPAIGN_NOTES,
    CONVERTED,
    HANDOUTS,
    RECIPIENT_GATES,
    TEMPLATE_ROOTS,
    Admission,
    Converted,
    Gate,
    Handed,
    HandOut,
    Hold,
    RootLoader,
    Values,
)
from .service.activities import CampaignFigures, MailingFigures, campaign_figures
from .service.calendar import calendar_span
from .service.estimate import Estimate, estimate
from .service.joining import hold_campaign_mailings, put_in_campaign, stop_campaign_mailings
from .service.mailings import (
    archive_mailing,
    clone_mailing,
    create_mailing,
    get_mailing,
    list_mailings,
    pause_mailing,
    resume_mailing,
    start_mailing,
    stop_mailing,
    unschedule_mailing,
)
from .service.merging import merge_people
from .service.personal import personal_data
from .service.report import MailingReport, report
from .service.templates import create_template, get_template, list_templates, publish_template
from .service.used import (
    database_used_by,
    event_type_used_by,
    forget_people,
    mailing_names,
    segment_used_by,
    state_counts,
    template_names,
)

__all__ = [
    "ADMISSIONS",
    "CAMPAIGN_HOLD",
    "CAMPAIGN_NOTES",
    "CONVERTED",
    "HANDOUTS",
    "RECIPIENT_GATES",
    "TEMPLATE_ROOTS",
    "Admission",
    "CampaignFigures",
    "Converted",
    "Estimate",
    "Gate",
    "HandOut",
    "Handed",
    "Hold",
    "Mailing",
    "MailingFigures",
    "MailingReport",
    "MailingType",
    "MessageKey",
    "Plan",
    "Recipient",
    "RootLoader",
    "Template",
    "TemplateVersion",
    "Utm",
    "Values",
    "archive_mailing",
    "calendar_span",
    "campaign_figures",
    "channel_infos",
    "clone_mailing",
    "create_mailing",
    "create_template",
    "database_used_by",
    "estimate",
    "event_type_used_by",
    "forget_conversions",
    "forget_people",
    "get_mailing",
    "get_template",
    "goal_messages",
    "hold_campaign_mailings",
    "list_mailings",
    "list_templates",
    "mailing_names",
    "merge_conversions",
    "merge_people",
    "pause_mailing",
    "personal_conversions",
    "personal_data",
    "publish_template",
    "put_in_campaign",
    "report",
    "resume_mailing",
    "run_bounces",
    "run_mailbox",
    "segment_used_by",
    "serve_mailbox",
    "slots_part",
    "start_mailing",
    "state_counts",
    "stop_campaign_mailings",
    "stop_mailing",
    "template_names",
    "unschedule_mailing",
]
