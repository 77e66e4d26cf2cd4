"""Campaigns: one audience, its control group, what is done with it, and what that changed. The face."""

from .gate import admission, exempt, gate, hold
from .notes import notes
from .people.admission import admit, sync
from .people.listening import converted
from .people.moving import forget_people, merge_people
from .roots import root as template_root
from .service.activities import attach
from .service.audience import counted as campaign_figures
from .service.checks import Control, Settings
from .service.manage import create as create_campaign
from .service.person import personal_data
from .service.used import database_used_by, segment_used_by
from .store.campaigns import names

__all__ = [
    "Control",
    "Settings",
    "admission",
    "admit",
    "attach",
    "campaign_figures",
    "converted",
    "create_campaign",
    "database_used_by",
    "exempt",
    "forget_people",
    "gate",
    "hold",
    "merge_people",
    "names",
    "notes",
    "personal_data",
    "segment_used_by",
    "sync",
    "template_root",
]
