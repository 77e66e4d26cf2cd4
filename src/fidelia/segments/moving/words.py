"""The reference's words and ours: fields, statuses, operators, channel activity. Pure tables."""

from __future__ import annotations

import re
from collections.abc import Mapping

_NOT_WORD = re.compile(r"[^a-z0-9]+")


def plain(word: str) -> str:
    """Return a word without case and punctuation, so that ``NOT_EQUAL`` and ``not equal`` are the same."""
    return _NOT_WORD.sub("", word.lower())


#: Names of built-in fields.
FIELDS: Mapping[str, str] = {
    "email": "email",
    "phone": "phones",
    "phones": "phones",
    "_fname": "first_name",
    "_lname": "last_name",
    "_bdate": "birth_date",
    "_sex": "gender",
    "_city": "city",
    "_country": "country",
    "_region": "region",
    "_postal_code": "postal_code",
    "_tz": "timezone",
    "_status": "status",
    "_regdate": "created_at",
}

#: Types of rules that compare a field of the profile.
FIELD_TYPES = frozenset(
    {
        "string", "line", "email", "phone", "phones", "integer", "int", "float", "number", "date", "datetime", "bdate",
        "boolean", "bool", "enum", "sex", "ip", "tags", "object", "arrobject", "arrayofobjects", "status", "field",
    }
)  # fmt: skip

#: Global and subscription statuses, by name and by number where the number is known.
STATUSES: Mapping[str, str] = {
    "subscribed": "subscribed",
    "0": "subscribed",
    "unsubscribed": "unsubscribed",
    "complainer": "complained",
    "complained": "complained",
    "hardbounced": "bounced",
    "hardbounce": "bounced",
    "bounced": "bounced",
    "unconfirmed": "unconfirmed",
    "suspended": "suspended",
}
GENDERS: Mapping[str, str] = {"0": "male", "1": "female", "male": "male", "female": "female"}

#: Operators: to ours, and whether the answer is turned round. An old "not equal" holds where there is no value.
OPERATORS: Mapping[str, tuple[str, bool]] = {
    **dict.fromkeys(("equal", "equals", "eq", "is", "in", "inlist", "any", "anyof", "containsany"), ("eq", False)),
    **dict.fromkeys(
        ("notequal", "notequals", "ne", "neq", "isnot", "notin", "notinlist", "none", "noneof", "containsnone"),
        ("eq", True),
    ),
    **dict.fromkeys(("all", "allof", "containsall"), ("all_of", False)),
    **dict.fromkeys(("exists", "exist", "notempty", "nonempty", "isset"), ("is_present", False)),
    **dict.fromkeys(("notexists", "notexist", "empty", "isempty", "isnotset"), ("is_missing", False)),
    **dict.fromkeys(("beginswith", "beginwith", "startswith", "begins"), ("starts_with", False)),
    **dict.fromkeys(("notbeginswith", "notstartswith"), ("starts_with", True)),
    **dict.fromkeys(("endswith", "endwith", "ends"), ("ends_with", False)),
    **dict.fromkeys(("contains", "contain", "like"), ("contains", False)),
    **dict.fromkeys(("notcontains", "notcontain", "notlike"), ("contains", True)),
    **dict.fromkeys(("regexp", "regex", "matches"), ("matches", False)),
    **dict.fromkeys(("greater", "more", "gt"), ("gt", False)),
    **dict.fromkeys(("greaterorequal", "greaterequal", "gte", "ge"), ("gte", False)),
    **dict.fromkeys(("less", "lower", "lt"), ("lt", False)),
    **dict.fromkeys(("lessorequal", "lessequal", "lte", "le"), ("lte", False)),
    **dict.fromkeys(("between", "range"), ("between", False)),
    "before": ("before", False),
    "after": ("after", False),
    **dict.fromkeys(("lastdays", "inlast", "inlastdays", "withinlast"), ("in_last", False)),
    **dict.fromkeys(("nextdays", "innext", "innextdays", "withinnext"), ("in_next", False)),
    **dict.fromkeys(("daysago", "ago"), ("days_ago", False)),
    **dict.fromkeys(("daysfromnow", "fromnow", "indays"), ("days_from_now", False)),
    **dict.fromkeys(("anniversary", "birthday", "sameday", "samedaymonth"), ("anniversary_in", False)),
    **dict.fromkeys(("true", "istrue", "yes"), ("true", False)),
    **dict.fromkeys(("false", "isfalse", "no"), ("false", False)),
    **dict.fromkeys(("insubnet", "subnet", "inmask"), ("in_subnet", False)),
    **dict.fromkeys(("domain", "indomain"), ("domain", False)),
    **dict.fromkeys(("notdomain", "notindomain"), ("domain", True)),
}

#: Operators that look into something the definition does not hold, and what to do about it.
ELSEWHERE: Mapping[str, str] = {
    **dict.fromkeys(
        ("infile", "infilecolumn", "notinfile", "notinfilecolumn"),
        "The file is not in the definition: upload its column as a list and choose the list in the rule",
    ),
    **dict.fromkeys(
        ("indatatable", "notindatatable", "inquery", "notinquery", "indatatablecolumn"),
        "The query's rows are not in the definition: load them into a data table and choose it in the rule",
    ),
    **dict.fromkeys(
        ("inposturl", "notinposturl", "posturl", "inresponse", "notinresponse"),
        "Nobody else's service is asked while people are chosen here: load its answer into a data table",
    ),
}

CHANNELS = frozenset({"email", "sms", "push", "telegram", "max", "whatsapp", "viber", "notify"})
#: What is remembered of a message.
ACTIVITY: Mapping[str, str] = {
    "sent": "message.sent",
    "send": "message.sent",
    "delivered": "message.delivered",
    "delivery": "message.delivered",
    "bounced": "message.bounced",
    "notdelivered": "message.bounced",
    "opened": "message.opened",
    "open": "message.opened",
    "read": "message.opened",
    "clicked": "message.clicked",
    "click": "message.clicked",
    "unsubscribed": "message.unsubscribed",
    "unsub": "message.unsubscribed",
    "complained": "message.complained",
    "complaint": "message.complained",
}
SEGMENT_TYPES = frozenset({"segment", "staticsegment", "dynamicsegment", "updatablesegment", "segstatic"})

#: Kinds of rules that speak of something that cannot be named here yet.
NOT_HERE: Mapping[str, str] = {
    "workflow": "Scenarios of the other platform are not here",
    "scenario": "Scenarios of the other platform are not here",
    "campaign": "Campaigns of the other platform are not here",
    "form": "Its forms are not here: rules over submitted forms start with the first form here",
    "popup": "Its popups are not here",
    "weblayer": "Its weblayers are not here",
    "placement": "Its placements are not here",
    "loyalty": "Its loyalty program is not here",
    "promocode": "Its promo codes are not here",
    "relation": "Its relations are not here: make the relation and write the rule over it",
    "bst": "The best time to send is not worked out here",
    "besttime": "The best time to send is not worked out here",
    "utm": "UTM marks of old visits are not here",
    "script": "A script cannot be read; write its rules in the builder",
}
