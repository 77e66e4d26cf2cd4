"""Routes of campaigns."""

from .activities import CampaignActivityController
from .campaigns import CampaignController
from .control import CampaignControlController
from .people import CampaignPeopleController

API = [CampaignController, CampaignControlController, CampaignActivityController, CampaignPeopleController]
