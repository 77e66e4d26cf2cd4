"""Routes of messages."""

from ..domains.http import DkimKeyController
from ..optin.http import ConfirmationController, DoubleOptInController
from ..optin.public import ConfirmController
from ..policies.http import PolicyController
from ..preferences.http import PreferenceLinkController
from ..preferences.public import PreferenceController
from ..tracking.http import TrackingController
from .mailbox import MailboxController
from .mailings import MailingController
from .reports import ReportController
from .templates import TemplateController

API = [
    TemplateController,
    MailingController,
    ReportController,
    MailboxController,
    DoubleOptInController,
    ConfirmationController,
    PreferenceLinkController,
    PolicyController,
    DkimKeyController,
]
ROOT = [TrackingController, PreferenceController, ConfirmController]
