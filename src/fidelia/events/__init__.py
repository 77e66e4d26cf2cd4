"""Events: types, ingest by our own route and the Segment protocol, history.

Other capabilities write events with ``Tx.emit``, ``emit_many`` and ``emit_bulk`` in their own transaction.
"""

from .catalogue import BUILTIN, GROUPS, group_of
from .goals import MESSAGES as GOAL_MESSAGES
from .goals import SITE_PARTS, Goal, GoalMessage, SitePart, browser_key, create_goal, goals_of
from .ingest.people import match_key
from .model import EventProperty, EventTypeOut, HistoryGroup, HistoryItem, HistoryPage, HistoryType
from .moving import HistoryCopies, Merges, merged_ids
from .projection import drop_events, ensure_events, events_table
from .rules import is_own_type
from .service.erasure import forget_people
from .service.history import NAMES, history, latest
from .service.keys import WriteKeyOut, get_key, list_keys, site_domains
from .service.merging import merge_people
from .service.personal import personal_data
from .service.types import TYPES_USED_BY, PropertyIn, define_type, event_types
from .sites import is_own, read_domain, with_message
from .store.types import declared_version
from .vocabulary import vocabulary

__all__ = [
    "BUILTIN",
    "GOAL_MESSAGES",
    "GROUPS",
    "NAMES",
    "SITE_PARTS",
    "TYPES_USED_BY",
    "EventProperty",
    "EventTypeOut",
    "Goal",
    "GoalMessage",
    "HistoryCopies",
    "HistoryGroup",
    "HistoryItem",
    "HistoryPage",
    "HistoryType",
    "Merges",
    "PropertyIn",
    "SitePart",
    "WriteKeyOut",
    "browser_key",
    "create_goal",
    "declared_version",
    "define_type",
    "drop_events",
    "ensure_events",
    "event_types",
    "events_table",
    "forget_people",
    "get_key",
    "goals_of",
    "group_of",
    "history",
    "is_own",
    "is_own_type",
    "latest",
    "list_keys",
    "match_key",
    "merge_people",
    "merged_ids",
    "personal_data",
    "read_domain",
    "site_domains",
    "vocabulary",
    "with_message",
]
