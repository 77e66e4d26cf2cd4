"""Routes of messages."""

from ..bounces.http import BounceController
from ..bounces.provider_http import BounceProviderController
from ..channels.http.http import ChannelController
from ..channels.http.inbound.http import InboundController
from ..content.attachments.http import AttachmentController
from ..content.feeds.http import FeedController
from ..content.fragments.http import FragmentController
from ..conversions.http import AttributionController, ConversionController
from ..domains.http import DkimKeyController
from ..kinds.multivariate.http import VariantController
from ..kinds.placement.http import PlacementController
from ..kinds.placement.site import SlotController
from ..kinds.trigger.http import TriggerController
from ..optin.http import ConfirmationController, DoubleOptInController
from ..optin.public import ConfirmController
from ..policies.http import PolicyController
from ..preferences.http import PreferenceLinkController
from ..preferences.public import PreferenceController
from ..senders.http import MailServerController, VirtualSenderController
from ..tracking.http import TrackingController
from .mailbox import MailboxController
from .mailings import MailingController
from .reports import ReportController
from .retry import RetryController
from .runs import RunController
from .templates import TemplateController

API = [
    TemplateController,
    AttachmentController,
    FragmentController,
    FeedController,
    MailingController,
    TriggerController,
    VariantController,
    PlacementController,
    ReportController,
    RunController,
    MailboxController,
    DoubleOptInController,
    ConfirmationController,
    PreferenceLinkController,
    PolicyController,
    DkimKeyController,
    VirtualSenderController,
    MailServerController,
    ChannelController,
    InboundController,
    BounceController,
    BounceProviderController,
    AttributionController,
    ConversionController,
    RetryController,
]
ROOT = [TrackingController, SlotController, PreferenceController, ConfirmController]
