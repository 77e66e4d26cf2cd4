"""Routes of messages."""

from ..tracking.http import TrackingController
from .mailbox import MailboxController
from .mailings import MailingController
from .reports import ReportController
from .templates import TemplateController

API = [TemplateController, MailingController, ReportController, MailboxController]
ROOT = [TrackingController]
