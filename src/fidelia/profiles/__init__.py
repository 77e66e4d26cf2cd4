"""Profiles: databases and fields, people, consent and stop lists. The face of the capability."""

from __future__ import annotations

from .channels import CHANNELS_PORT, ChannelInfo
from .channels import known as known_channels
from .fields import (
    BUILTIN,
    KINDS,
    STATUSES,
    Database,
    Field,
    read_cell,
    read_key,
    read_value,
)
from .figures.fields import counted as field_figures
from .figures.model import ANY, FIGURES, Counted
from .figures.service import figure_people, figure_title
from .figures.service import number as figure_number
from .imports import readers as files
from .imports.people import counted as import_figures
from .imports.people import forget_people as forget_in_imports
from .imports.people import merge_people as merge_in_imports
from .imports.schedule.ports import RESULT_LIST, ResultList
from .imports.schedule.service import filling as imports_filling
from .imports.schedule.service import used_by as imports_used_by
from .imports.service import get_import, import_people
from .imports.upload import receive as receive_upload
from .ingest import Mode, UpsertItem, UpsertOut, upsert
from .lists.ports import LISTS_USED_BY, SourceRef
from .lists.vocabulary import answers as source_answers
from .merge.face import (
    became,
    end_history_copies,
    history_copies,
    living,
    living_ids,
    merged_ids,
    moved_histories,
    resolve,
)
from .merge.model import MERGERS, SPLITTERS, Move, Part, Person
from .model import (
    EXCLUSIONS,
    OptIn,
    Resource,
    Sendable,
    Subscription,
    SubscriptionItem,
    SubscriptionOutcome,
    SuppressionList,
)
from .optin.model import Asked, Confirmation, DoubleOptIn, OptInFigures, OptInRequest, Waiting
from .optin.service import (
    again_for,
    ask_again,
    asked_by,
    confirm,
    double_opt_in,
    look_at_request,
    opt_in_figures,
    opt_in_requests,
    requests_taken,
    resources_asking_with,
    set_double_opt_in,
    take_requests,
    waiting_requests,
)
from .optin.service import forget_people as forget_requests
from .optin.service import merge_people as merge_requests
from .personal.model import EXPORTERS
from .preferences import choices
from .preferences.model import (
    LANGUAGES,
    PAUSES,
    CenterField,
    Choice,
    ChoiceState,
    PersonPage,
    PreferenceCenter,
    can_edit,
    can_show,
    editable,
)
from .preferences.service import language_of, person_page, preference_center
from .relations.projection import ensure_relations
from .relations.service import forget_people as forget_relations
from .relations.service import merge_people as merge_relations
from .relations.vocabulary import vocabulary as relations_vocabulary
from .rules import Change
from .service.bulk import (
    examine_bulk,
    lowers_consent,
    plan_bulk,
    reasons_of,
    sample_bulk,
    search_ids,
    step_counts,
    write_bulk,
)
from .service.bulk_model import (
    BulkOperation,
    BulkOutcome,
    BulkPlan,
    BulkReason,
    BulkSample,
    StepCount,
    Tally,
    ValueChange,
)
from .service.bulk_reading import resource_names, subscription_statuses
from .service.consent import create_resource, get_resource, list_resources
from .service.databases import USED_BY, create_database, delete_database, find_database, get_database, list_databases
from .service.fields import add_field, delete_field, update_field
from .service.profiles import (
    ERASERS,
    TAKEN,
    all_ids,
    ask_person,
    change_profile,
    counters,
    create_profile,
    erase_profiles,
    exists,
    get_profile,
    match_ids,
    profile_count,
    read_many,
    set_status,
)
from .service.search import search_profiles
from .service.subscriptions import (
    find_by_contact,
    get_subscription,
    list_subscriptions,
    sendable,
    subscribe,
    unsubscribe,
)
from .service.suppression import existing_lists, suppress, suppress_bounced
from .service.suppression import get_list as get_suppression_list
from .service.suppression import list_lists as list_suppression_lists
from .service.visitors import visitor
from .store.databases import advance_ids, lock_ids, open_for_write

__all__ = [
    "ANY",
    "BUILTIN",
    "CHANNELS_PORT",
    "ERASERS",
    "EXCLUSIONS",
    "EXPORTERS",
    "FIGURES",
    "KINDS",
    "LANGUAGES",
    "LISTS_USED_BY",
    "MERGERS",
    "PAUSES",
    "RESULT_LIST",
    "SPLITTERS",
    "STATUSES",
    "TAKEN",
    "USED_BY",
    "Asked",
    "BulkOperation",
    "BulkOutcome",
    "BulkPlan",
    "BulkReason",
    "BulkSample",
    "CenterField",
    "Change",
    "ChannelInfo",
    "Choice",
    "ChoiceState",
    "Confirmation",
    "Counted",
    "Database",
    "DoubleOptIn",
    "Field",
    "Mode",
    "Move",
    "OptIn",
    "OptInFigures",
    "OptInRequest",
    "Part",
    "Person",
    "PersonPage",
    "PreferenceCenter",
    "Resource",
    "ResultList",
    "Sendable",
    "SourceRef",
    "StepCount",
    "Subscription",
    "SubscriptionItem",
    "SubscriptionOutcome",
    "SuppressionList",
    "Tally",
    "UpsertItem",
    "UpsertOut",
    "ValueChange",
    "Waiting",
    "add_field",
    "advance_ids",
    "again_for",
    "all_ids",
    "ask_again",
    "ask_person",
    "asked_by",
    "became",
    "can_edit",
    "can_show",
    "change_profile",
    "choices",
    "confirm",
    "counters",
    "create_database",
    "create_profile",
    "create_resource",
    "delete_database",
    "delete_field",
    "double_opt_in",
    "editable",
    "end_history_copies",
    "ensure_relations",
    "erase_profiles",
    "examine_bulk",
    "existing_lists",
    "exists",
    "field_figures",
    "figure_number",
    "figure_people",
    "figure_title",
    "files",
    "find_by_contact",
    "find_database",
    "forget_in_imports",
    "forget_relations",
    "forget_requests",
    "get_database",
    "get_import",
    "get_profile",
    "get_resource",
    "get_subscription",
    "get_suppression_list",
    "history_copies",
    "import_figures",
    "import_people",
    "imports_filling",
    "imports_used_by",
    "known_channels",
    "language_of",
    "list_databases",
    "list_resources",
    "list_subscriptions",
    "list_suppression_lists",
    "living",
    "living_ids",
    "lock_ids",
    "look_at_request",
    "lowers_consent",
    "match_ids",
    "merge_in_imports",
    "merge_relations",
    "merge_requests",
    "merged_ids",
    "moved_histories",
    "open_for_write",
    "opt_in_figures",
    "opt_in_requests",
    "person_page",
    "plan_bulk",
    "preference_center",
    "profile_count",
    "read_cell",
    "read_key",
    "read_many",
    "read_value",
    "reasons_of",
    "receive_upload",
    "relations_vocabulary",
    "requests_taken",
    "resolve",
    "resource_names",
    "resources_asking_with",
    "sample_bulk",
    "search_ids",
    "search_profiles",
    "sendable",
    "set_double_opt_in",
    "set_status",
    "source_answers",
    "step_counts",
    "subscribe",
    "subscription_statuses",
    "suppress",
    "suppress_bounced",
    "take_requests",
    "unsubscribe",
    "update_field",
    "upsert",
    "visitor",
    "waiting_requests",
    "write_bulk",
]
