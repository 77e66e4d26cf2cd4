"""A small world with every type, missing values and awkward edges: the same rows as facts and in ClickHouse."""

from __future__ import annotations

import json
import random
from typing import Any

from fidelia.conditions import (
    Checked,
    Event,
    EventTable,
    EventType,
    Facts,
    Field,
    Link,
    Listed,
    Option,
    Row,
    SegmentRef,
    Stored,
    Subject,
    ValueSource,
    Vocabulary,
    check,
    decode,
    json_property,
    merge,
)
from fidelia.conditions.memberships import BASES, MembershipKind, control_number
from fidelia.conditions.sources import SOURCE_TYPES

from .pools import BRANCHES, COLOURS, DATES, DECIMALS, FLOATS, INTEGERS, IPS, MAILINGS, MOMENTS, ODD_KEYS, TAGS, TEXTS

_JSON_TYPES = ("string", "integer", "float", "boolean", "date", "datetime", "tags", "ip")
_KINDS: dict[str, tuple[str, str]] = {
    "string": ("Nullable(String)", "string"),
    "name": ("LowCardinality(String)", "string"),
    "integer": ("Nullable(Int64)", "integer"),
    "number": ("UInt32", "integer"),
    "float": ("Nullable(Float64)", "float"),
    "decimal": ("Nullable(Decimal(18, 4))", "decimal"),
    "boolean": ("Nullable(Bool)", "boolean"),
    "date": ("Nullable(Date32)", "date"),
    "datetime": ("Nullable(DateTime64(3, 'UTC'))", "datetime"),
    "enum": ("LowCardinality(Nullable(String))", "enum"),
    "tags": ("Array(String)", "tags"),
    "ip": ("Nullable(String)", "ip"),
    "tree": ("Array(String)", "tree"),
}
_SOLID = ("name", "number")
_ENTRIES = ("segment.entered", "segment.left")
_CAMPAIGN = ("campaign.entered", "campaign.left")
_OF_CAMPAIGN = Field(name="event.campaign", type="integer", label="Campaign", sql="nullIf(campaign, 0)")
CONTROL = control_number(1)
GROUPS = (CONTROL, *(BASES["campaign"] + 4 + group for group in range(3)))


def typed_fields(subject: str, *more: Field) -> tuple[Field, ...]:
    """One field of each type, named after it."""
    fields = tuple(
        Field(
            name=f"{subject}.{key}",
            type=type_,
            label=key.title(),
            sql=key,
            nullable=key not in (*_SOLID, "tags", "tree"),
            options=tuple(Option(c) for c in COLOURS) if type_ == "enum" else (),
            live=subject == "profile",
        )
        for key, (_, type_) in _KINDS.items()
    )
    return (*fields, *more)


def sources(n: int) -> tuple[ValueSource, ...]:
    """A list of texts, and a table with a column of each type that may be looked up."""
    columns = [(key, type_) for key, (_, type_) in _KINDS.items() if type_ in SOURCE_TYPES]
    folded = f"SELECT DISTINCT lowerUTF8(assumeNotNull(string)) FROM v_{n} WHERE isNotNull(string)"
    return (
        ValueSource(list=1, title="A list", type="string", sql=f"SELECT string FROM v_{n}", folded=folded),
        *(
            ValueSource(table="values", column=key, title=f"Values: {key}", type=type_, sql=f"SELECT {key} FROM v_{n}")
            for key, type_ in columns
        ),
    )


def vocabulary(n: int) -> Vocabulary:
    """The vocabulary over the tables of universe ``n``."""
    profile = Subject(
        name="profile",
        label="Profile",
        table=f"p_{n}",
        fields=typed_fields(
            "profile",
            Field(name="profile.extra", type="object", label="Extra", sql="extra"),
            Field(name="profile.children", type="objects", label="Children", sql="children"),
        ),
    )
    order = Subject(
        name="order",
        table=f"o_{n}",
        time="order.datetime",
        where="hidden = 0",
        one="order",
        many="orders",
        fields=typed_fields("order"),
    )
    line = Subject(name="line", table=f"l_{n}", time="line.datetime", fields=typed_fields("line"))
    product = Subject(name="product", table=f"x_{n}", fields=typed_fields("product"))
    level = Subject(name="loyalty.1", table=f"y_{n}", id="profile", fields=typed_fields("loyalty.1"))
    columns = (
        Field(name="event.mailing", type="integer", label="Mailing", sql="nullIf(mailing, 0)"),
        Field(name="event.total", type="decimal", label="Total", sql="total"),
        *(json_property(f"j_{type_}", type_) for type_ in _JSON_TYPES),
        json_property("deep.inside", "float"),
    )
    return merge(
        Vocabulary(
            subjects=(profile, order, line, product, level),
            links=(
                Link(name="orders", to="order", key="profile"),
                Link(name="orders.lines", to="line", key="profile"),
                Link(name="lines", of="order", to="line", key="parent"),
                Link(name="product", of="line", to="product", key="id", local="product", single=True),
                Link(name="loyalty", to="loyalty.1", key="profile", single=True),
            ),
            events=(
                EventType(name="message.opened", label="Opened", properties=columns),
                EventType(name="custom.quiz", label="Quiz", properties=columns, open=True),
                EventType(name="segment.entered", label="Entered", properties=(json_property("segment", "integer"),)),
                EventType(name="segment.left", label="Left", properties=(json_property("segment", "integer"),)),
                *(EventType(name=name, label=name, properties=(_OF_CAMPAIGN,)) for name in _CAMPAIGN),
            ),
            event_table=EventTable(table=f"e_{n}"),
            memberships=(
                MembershipKind(
                    key="segment",
                    label="Segment",
                    entered="segment.entered",
                    left="segment.left",
                    property="segment",
                    past=True,
                ),
                MembershipKind(key="global_control", label="Control", base=CONTROL, past=True),
                MembershipKind(
                    key="campaign",
                    label="Campaign",
                    names={1: "Spring"},
                    groups={"any": 0, "test": 1, "control": 2},
                    base=BASES["campaign"],
                    step=4,
                    past=True,
                    entered="campaign.entered",
                    left="campaign.left",
                    property="campaign",
                ),
            ),
            segments=f"segment_bitmaps_{n}",
            sources=sources(n),
        )
    )


def _maybe(rnd: random.Random, pool: list[Any], missing: float = 0.25) -> Any:
    return None if rnd.random() < missing else rnd.choice(pool)


def _some(rnd: random.Random, pool: list[str]) -> list[str]:
    return rnd.sample(pool, rnd.choice([0, 0, 1, 2, 3]))


def random_row(rnd: random.Random) -> dict[str, Any]:
    """Values of one row of typed fields."""
    return {
        "string": _maybe(rnd, TEXTS),
        "name": rnd.choice(TEXTS),
        "integer": _maybe(rnd, INTEGERS),
        "number": rnd.choice([0, 1, 2, 40, 2**32 - 1]),
        "float": _maybe(rnd, FLOATS),
        "decimal": _maybe(rnd, DECIMALS),
        "boolean": _maybe(rnd, [True, False]),
        "date": _maybe(rnd, DATES),
        "datetime": _maybe(rnd, MOMENTS, 0.15),
        "enum": _maybe(rnd, COLOURS),
        "tags": _some(rnd, TAGS),
        "ip": _maybe(rnd, IPS),
        "tree": list(rnd.choice([(), *BRANCHES])),
    }


_ANYTHING = [1, 0.1, "Oslo", "12", True, False, None, [], ["VIP", None], ["a", 1], [1, 2], {"inside": 2.5}, 5.0, -7]
_ANYTHING += [
    "2026-03-29",
    "2026-02-31",
    "2026-03-29T01:00:00Z",
    "2026-03-29T25:00:00Z",
    "2026-11-20T23:59:59.999+01:00",
]
_ANYTHING += ["10.0.0.1", "2026-3-1", 2**63 - 1, "", "vip", ["new"], 1e17, "not an ip", "2026-02-30T10:00:00Z"]


def random_properties(rnd: random.Random) -> dict[str, Any]:
    """Properties of an event as JSON: of the right type, of another, or none."""
    names = [*(f"j_{type_}" for type_ in _JSON_TYPES), "free", "deep"]
    return {name: rnd.choice(_ANYTHING) for name in names if rnd.random() < 0.6}


def _object(rnd: random.Random, names: tuple[str, ...]) -> dict[str, Any]:
    found = {name: rnd.choice(_ANYTHING) for name in names if rnd.random() < 0.6}
    if rnd.random() < 0.8:
        found["deep"] = {name: rnd.choice(_ANYTHING) for name in ("inside", "a.b") if rnd.random() < 0.8}
    return found


class Universe:
    """Profiles with their facts; :meth:`load` puts the same rows into ClickHouse."""

    def __init__(self, n: int, size: int = 50) -> None:
        rnd = random.Random(f"universe {n}")
        self.n = n
        self.vocabulary = vocabulary(n)
        self.products = {i: random_row(rnd) for i in range(1, 9)}
        self.rows: dict[str, list[dict[str, Any]]] = {"p": [], "o": [], "l": [], "y": [], "e": []}
        self._campaigns = random.Random(f"campaigns {n}"), list[dict[str, Any]]()
        others = random.Random(f"sources {n}")
        self.rows["v"] = [random_row(others) for _ in range(8)]
        self.known = {
            source.key: Listed(source, [row[source.column or "string"] for row in self.rows["v"]])
            for source in self.vocabulary.sources
        }
        self.members: dict[int, list[int]] = {number: [] for number in (1, 2, *GROUPS)}
        self.ever: dict[int, list[int]] = {number: [] for number in self.members}
        self.facts: dict[int, Facts] = {}
        for id_ in sorted(rnd.sample(range(1, size * 4), size)):
            self.facts[id_] = self._profile(rnd, id_)
        self.rows["e"] += self._campaigns[1]
        dynamic = {"kind": "any", "of": [
            {"kind": "member", "of": {"segment": 1}},
            {"kind": "occurred", "event": "message.opened", "count": {"op": "lte", "value": 1}},
        ]}  # fmt: skip
        self.dynamic: Checked = check(decode(dynamic), self.vocabulary, segments=self.segment)
        self.segments: dict[int, Checked | Stored] = {1: Stored(1), 2: Stored(2), 3: self.dynamic}

    def segment(self, id_: int) -> SegmentRef | None:
        """Look up a segment: two with members, one that is worked out."""
        return SegmentRef(id_, f"Segment {id_}") if id_ in (1, 2, 3) else None

    def _profile(self, rnd: random.Random, id_: int) -> Facts:
        extra = _object(rnd, ("city", *ODD_KEYS)) if rnd.random() < 0.7 else {}
        children: list[Any] = [_object(rnd, ("n", "age", "deep", *ODD_KEYS)) for _ in range(rnd.choice([0, 1, 3]))]
        children += rnd.choice([[], [], [7, "x"]])
        fields = {**random_row(rnd), "extra": extra}
        self.rows["p"].append({"id": id_, **fields, "children": json.dumps(children)})
        fields["children"] = children
        level = [Row(fields=random_row(rnd)) for _ in range(rnd.choice([0, 1]))]
        self.rows["y"] += [{"profile": id_, **row.fields} for row in level]
        orders, lines = [], []
        for _ in range(rnd.choice([0, 0, 1, 2, 4])):
            order, row = len(self.rows["o"]) + 1, random_row(rnd)
            hidden = int(rnd.random() < 0.15)
            self.rows["o"].append({"id": order, "profile": id_, "hidden": hidden, **row})
            own = [self._line(rnd, id_, order) for _ in range(rnd.choice([0, 1, 2, 3]))]
            lines += own
            if not hidden:
                orders.append(Row(id=order, fields=row, links={"lines": own}))
        events = [self._event(rnd, id_) for _ in range(rnd.choice([0, 1, 2, 5, 9]))]
        events += self._of_campaign(id_)
        inside = {number: rnd.random() < 0.4 for number in self.members}
        for number, yes in inside.items():
            self.members[number] += [id_] if yes else []
        ever = {number: yes or rnd.random() < 0.3 for number, yes in inside.items()}
        for number, yes in ever.items():
            self.ever[number] += [id_] if yes else []
        links = {"orders": orders, "orders.lines": lines, "loyalty": level}
        return Facts(sources=self.known, fields=fields, links=links, events=events, segments=inside, ever=ever)

    def _line(self, rnd: random.Random, profile: int, order: int) -> Row:
        fields, product = random_row(rnd), rnd.randint(1, 10)  # 9 and 10 are not in the catalogue
        number = len(self.rows["l"]) + 1
        self.rows["l"].append({"id": number, "profile": profile, "parent": order, "product": product, **fields})
        found = [Row(fields=self.products[product])] if product in self.products else []
        return Row(id=number, fields=fields, links={"product": found})

    def _event(self, rnd: random.Random, profile: int) -> Event:
        type_ = rnd.choice(["message.opened", "message.opened", "custom.quiz", "custom.quiz", *_ENTRIES])
        at = rnd.choice(MOMENTS)
        columns = {"mailing": rnd.choice([0, *MAILINGS]), "total": _maybe(rnd, DECIMALS)}
        properties = {"segment": rnd.choice([1, 1, 2, 9])} if type_ in _ENTRIES else random_properties(rnd)
        row = {
            "type": type_,
            "profile": profile,
            "at": at,
            "id": f"e{len(self.rows['e'])}",
            "props": json.dumps(properties),
        }
        self.rows["e"].append({**row, **columns, "campaign": 0})
        return Event(
            type=type_, at=at, id=row["id"], properties={**properties, **columns, "mailing": columns["mailing"] or None}
        )

    def _of_campaign(self, profile: int) -> list[Event]:
        """Draw how somebody came into campaigns and left them, by dice of their own."""
        rnd, rows = self._campaigns
        events = []
        for _ in range(rnd.choice([0, 0, 1, 2, 4])):
            type_, at, id_ = rnd.choice(_CAMPAIGN), rnd.choice(MOMENTS), f"c{len(rows)}"
            campaign = rnd.choice([1, 1, 2])
            row = {"type": type_, "profile": profile, "at": at, "id": id_, "props": "{}", "mailing": 0, "total": None}
            rows.append({**row, "campaign": campaign})
            events.append(Event(type=type_, at=at, id=id_, properties={"campaign": campaign}))
        return events

    def load(self, client: Any) -> None:
        """Create the tables and fill them; with old versions, deleted profiles, repeats and rows of nobody."""
        n = self.n
        kinds = ", ".join(f"{key} {type_}" for key, (type_, _) in _KINDS.items())
        merged = "version UInt64, is_deleted UInt8"
        engine = "engine = ReplacingMergeTree(version, is_deleted)"
        tables = {
            "p": f"id UInt32, extra String, children String, {kinds}, {merged}) {engine} order by id",
            "o": f"id UInt32, profile UInt32, hidden UInt8, {kinds}, {merged}) {engine} order by id",
            "l": f"id UInt32, profile UInt32, parent UInt32, product UInt32, {kinds}, {merged}) {engine} order by id",
            "x": f"id UInt32, {kinds}, {merged}) {engine} order by id",
            "y": f"profile UInt32, {kinds}, {merged}) {engine} order by profile",
            "e": "type LowCardinality(String), profile UInt32, at DateTime64(3, 'UTC'), id String, mailing UInt32, "
            "campaign UInt32, total Nullable(Decimal(18, 4)), props JSON) engine = ReplacingMergeTree "
            "partition by toYear(at) order by (type, profile, at, id)",
            "v": f"{kinds}) engine = MergeTree order by tuple()",
            "segment_bitmaps": "segment UInt32, version UInt64, bm AggregateFunction(groupBitmap, UInt32), "
            "ever AggregateFunction(groupBitmap, UInt32)) engine = ReplacingMergeTree(version) order by segment",
        }
        for name, rest in tables.items():
            client.command(f"create table {name}_{n} ({rest}")
        rnd = random.Random(n)
        old = [{**row, **random_row(rnd), "version": 1, "is_deleted": 0} for row in self.rows["p"]]
        gone = [{**row, "id": row["id"] + 100_000, "version": 3, "is_deleted": 1} for row in self.rows["p"][:5]]
        self._insert(client, f"p_{n}", [*old, *({**g, "version": 2, "is_deleted": 0} for g in gone)])
        self._insert(client, f"p_{n}", [*({**row, "version": 2, "is_deleted": 0} for row in self.rows["p"]), *gone])
        for name, rows in (("o", self.rows["o"]), ("l", self.rows["l"]), ("y", self.rows["y"])):
            self._insert(client, f"{name}_{n}", [{**row, "version": 1, "is_deleted": 0} for row in rows])
        products = [{"id": i, **row, "version": 1, "is_deleted": 0} for i, row in self.products.items()]
        self._insert(client, f"x_{n}", products)
        self._insert(client, f"v_{n}", self.rows["v"])
        strangers = [{**row, "profile": row["profile"] + 100_000} for row in self.rows["e"][:20]]
        self._insert(client, f"e_{n}", [*self.rows["e"], *strangers])
        self._insert(client, f"e_{n}", self.rows["e"][::3])  # a late repeat, not collapsed yet
        for segment, ids in self.members.items():
            for version, members, ever in ((1, [1, 2, 3], [1]), (2, ids, self.ever[segment])):
                states = (f"(select groupBitmapState(toUInt32(arrayJoin({listed}))))" for listed in (members, ever))
                client.command(f"insert into segment_bitmaps_{n} select {segment}, {version}, {', '.join(states)}")

    def _insert(self, client: Any, table: str, rows: list[dict[str, Any]]) -> None:
        if rows:
            names = list(rows[0])
            client.insert(table, [[_stored(row[name]) for name in names] for row in rows], column_names=names)


def _stored(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict) else value
