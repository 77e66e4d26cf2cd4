"""Routes of messages."""

from ..bounces.http import BounceController
from ..conversions.http import AttributionController, ConversionController
from ..domains.http import DkimKeyController
from ..kinds.multivariate.http import VariantController
from ..kinds.trigger.http import TriggerController
from ..optin.http import ConfirmationController, DoubleOptInController
from ..optin.public import ConfirmController
from ..policies.http import PolicyController
from ..preferences.http import PreferenceLinkController
from ..kinds.placement.http import PlacementController
from ..kinds.placement.site import SlotController
from ..preferences.public import PreferenceController
from ..tracking.http import TrackingController
from .mailbox import MailboxController
from .mailings import MailingController
from .reports import ReportController
from .retry import RetryController
from .runs import RunController
from .templates import TemplateController

API = [
    TemplateController,
    MailingController,
    TriggerController,
    VariantController,
    ReportController,
    RunController,
    MailboxController,
    DoubleOptInController,
    ConfirmationController,
    PreferenceLinkController,
    PolicyController,
    DkimKeyController,
    BounceController,
    PlacementController,
    AttributionController,
    ConversionController,
    RetryController,
]
ROOT = [TrackingController, SlotController, PreferenceController, ConfirmController]
