"""The SQL of bulk updates: each operation is one expression over the profiles' table, whole chunks at a time.

Operations on one field stand on each other's shoulders: step ``n`` has the value ``s{n}.v``, made of the one before.
``s{n}.r`` says that the step cannot be done for this person, ``s{n}.c`` that it changes something, ``s{n}.k`` that
a consent stays as it is because it is not to be raised.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import psycopg
from psycopg.types.json import Jsonb
from pyroaring import BitMap

from ..fields import Field
from ..ingest.model import CONSENT
from ..service.bulk_model import (
    AddItems,
    BulkPlan,
    IncrementField,
    PauseSubscriptions,
    RemoveItems,
    SetField,
    SetGlobalStatus,
    Step,
    SubscribePeople,
    SuspendSubscriptions,
    UnsubscribePeople,
)
from ..service.bulk_rules import most_items
from .search import Where

Raw = psycopg.AsyncConnection[Any]
_MOST_INTEGER = "9223372036854775807"
_LEAST_INTEGER = "-9223372036854775808"


class Bulk(msgspec.Struct):
    """The statements of a plan. ``laterals`` work the steps out for a profile ``p``, ``finals`` are the last values."""

    plan: BulkPlan
    laterals: str
    finals: dict[str, str]
    befores: list[str]
    params: dict[str, Any]

    @property
    def source(self) -> str:
        """Return the FROM of everything: the profiles of ``%(ids)s`` with their steps."""
        return f"{self.plan.database.table} p {self.laterals}"

    @property
    def bad(self) -> str:
        """Return the number of the first step that cannot be done, or NULL."""
        whens = " ".join(f"when s{n}.r then {n}" for n, step in enumerate(self.plan.steps) if step.refusal)
        return f"(case {whens} end)" if whens else "null::int"

    @property
    def any_change(self) -> str:
        """Return whether any step changes something."""
        return " or ".join(f"s{n}.c" for n in range(len(self.plan.steps)))

    def column_changes(self) -> dict[str, tuple[str, str]]:
        """Return by field, and for the status, its column and whether its last value is another one than now."""
        by_name = self.plan.database.by_name
        return {
            name: (by_name[name].column, f"{final} is distinct from p.{by_name[name].column}")
            for name, final in self.finals.items()
        }


def compile_plan(plan: BulkPlan, now: datetime) -> Bulk:
    """Turn a plan into SQL as of a moment; values travel as parameters."""
    bulk = Bulk(plan, "", {}, [], {"database": plan.database.id, "moment": now})
    parts = []
    for n, step in enumerate(plan.steps):
        match step.operation:
            case SetGlobalStatus():
                before, body = "p.status", _status(n, step, bulk)
                bulk.finals["status"] = f"s{n}.v"
            case _ if step.field is not None:
                before = bulk.finals.get(step.field.name, f"p.{step.field.column}")
                body = _field(n, step, step.field, before, bulk)
                bulk.finals[step.field.name] = f"s{n}.v"
            case _:
                before, body = "null", _subscription(n, step, bulk)
        bulk.befores.append(before)
        # Without the offset the planner would write every expression out again inside the next one.
        parts.append(f"cross join lateral (select {body} offset 0) s{n}")
    bulk.laterals = " ".join(parts)
    return bulk


def level(expression: str) -> str:
    """Return how much a status allows."""
    whens = " ".join(f"when '{status}' then {number}" for status, number in CONSENT.items())
    return f"(case {expression} {whens} end)"


def _field(n: int, step: Step, field: Field, before: str, bulk: Bulk) -> str:
    name, refused = f"v{n}", "false"
    value = step.value
    bulk.params[name] = Jsonb(value) if field.type in ("object", "objects") and value is not None else value
    given = f"%({name})s::{field.pg}"
    match step.operation:
        case SetField():
            now = given
        case IncrementField() if field.type == "integer":
            refused = (
                f"coalesce({before}, 0)::numeric + {given}::numeric not between {_LEAST_INTEGER} and {_MOST_INTEGER}"
            )
            now = f"case when {refused} then {before} else coalesce({before}, 0) + {given} end"
        case IncrementField():
            # The engine raises an error where a float overflows. A sixteenth of the sum is rounded just as the sum
            # would be and never overflows; beside what is far below the largest float nothing can.
            bulk.params |= {f"e{n}": value / 16, f"m{n}": sys.float_info.max / 16}
            sixteenth = f"abs({before} / 16 + %(e{n})s::double precision) > %(m{n})s::double precision"
            refused = f"case when {before} is null or abs({before}) < 1e290 then false else {sixteenth} end"
            now = f"case when {refused} then {before} else coalesce({before}, 0) + {given} end"
        case AddItems():
            fresh = (
                f"array(select x from unnest({given}) with ordinality u(x, i)"
                f" where {before} is null or x <> all({before}) order by i)"
            )
            now = f"coalesce({before}, '{{}}') || {fresh}"
            refused = f"cardinality({now}) > {most_items(field)} and cardinality({fresh}) > 0"
            now = f"case when {refused} then {before} else {now} end"
        case RemoveItems():
            rest = (
                f"nullif(array(select x from unnest({before}) with ordinality u(x, i)"
                f" where x <> all({given}) order by i), '{{}}')"
            )
            if field.required:
                refused = f"{before} is not null and {rest} is null"
            now = rest
        case _:
            now = f"null::{field.pg}"
            bulk.params.pop(name)
    return f"{now} as v, {refused} as r, ({now}) is distinct from {before} as c, false as k, 0 as m"


def _status(n: int, step: Step, bulk: Bulk) -> str:
    assert isinstance(step.operation, SetGlobalStatus)
    bulk.params[f"v{n}"] = step.operation.status
    given = f"%(v{n})s::text"
    kept = "false" if step.operation.raise_consent else f"{level(given)} > {level('p.status')}"
    return (
        f"case when {kept} then p.status else {given} end as v, false as r,"
        f" {given} <> p.status and not ({kept}) as c, {kept} as k, 0 as m"
    )


def own_contact(operation: SubscribePeople, n: int, email: str, phones: str) -> str:
    """Return the contact that somebody is subscribed at."""
    if operation.contact_of is not None:
        return (
            "(select o.contact from subscription o where o.database_id = %(database)s and o.profile_id = p.id"
            f" and o.resource_id = %(o{n})s and o.channel = %(c{n})s"
            " order by (o.status = 'subscribed') desc, o.priority desc, o.id limit 1)"
        )
    return email if operation.channel == "email" else f"({phones})[1]"


def turns(step: Step) -> tuple[tuple[str, ...], str]:
    """Return the statuses that an operation on existing subscriptions changes, and the one it gives."""
    match step.operation:
        case UnsubscribePeople():
            return ("subscribed", "unconfirmed", "suspended"), "unsubscribed"
        case SuspendSubscriptions():
            return ("subscribed",), "suspended"
        case PauseSubscriptions(days=days):
            return ("subscribed",), f"paused for {days} days"
    return ("suspended",), "subscribed"


def rests_shorter(until: str) -> str:
    """Return whether a subscription ``b`` rests less long than until a moment, or not at all."""
    return f"(b.paused_until is null or b.paused_until < {until}::timestamptz)"


def _subscription(n: int, step: Step, bulk: Bulk) -> str:
    operation: Any = step.operation
    bulk.params |= {f"r{n}": operation.resource_id, f"c{n}": operation.channel}
    mine = f"b.database_id = %(database)s and b.profile_id = p.id and b.resource_id = %(r{n})s"
    if not isinstance(operation, SubscribePeople):
        before, after = turns(step)
        bulk.params |= {f"f{n}": list(before), f"t{n}": after}
        also = ""
        if isinstance(operation, PauseSubscriptions):
            bulk.params[f"u{n}"] = bulk.params["moment"] + timedelta(days=operation.days)
            also = f" and {rests_shorter(f'%(u{n})s')}"
        return (
            f"x.b, case when x.m > 0 then %(t{n})s::text end as v, false as r, x.m > 0 as c, false as k, x.m from"
            f" (select count(*) as m, min(b.status) as b from subscription b where {mine}"
            f" and b.status = any(%(f{n})s::text[]) and (%(c{n})s::text is null or b.channel = %(c{n})s){also}"
            " offset 0) x"
        )
    bulk.params |= {f"o{n}": operation.contact_of, f"t{n}": operation.status}
    email, phones = (bulk.finals.get(name, f"p.{name}") for name in ("email", "phones"))
    rises = f"{level(f'%(t{n})s::text')} > {level('x.b')}"
    kept, new = ("false", f"(x.b is null or {rises})") if operation.raise_consent else (rises, "x.b is null")
    return (
        f"x.b, case when {new} then %(t{n})s::text else x.b end as v, x.contact is null as r,"
        f" x.contact is not null and {new} as c, coalesce({kept}, false) as k, (x.contact is not null and {new})::int"
        f" as m from (select y.contact, (select b.status from subscription b"
        f" where {mine} and b.channel = %(c{n})s and b.contact = y.contact) as b"
        f" from (select {own_contact(operation, n, email, phones)} as contact offset 0) y offset 0) x"
    )


# -- looking ----------------------------------------------------------------------------------------------------------


async def lock(raw: Raw, table: str, ids: Iterable[int]) -> list[int]:
    """Return which of these people are there, and keep others from changing them until the transaction ends."""
    cursor = await raw.execute(
        f"select id from {table} where id = any(%s::bigint[]) order by id for no key update", (list(ids),), binary=True
    )
    return [row[0] for row in await cursor.fetchall()]


async def figures(raw: Raw, bulk: Bulk, ids: Iterable[int]) -> dict[str, Any]:
    """Count, of some people: who is there, refused, changed; by step changed, kept, refused; how many events."""
    steps = range(len(bulk.plan.steps))
    columns = [
        "count(*)",
        "count(*) filter (where bad is not null)",
        "count(*) filter (where bad is null and changes)",
        "count(*) filter (where bad is null and in_fields) + coalesce(sum(m) filter (where bad is null), 0)",
        *(f"count(*) filter (where bad is null and c{n})" for n in steps),
        *(f"count(*) filter (where bad is null and k{n})" for n in steps),
        *(f"count(*) filter (where bad = {n})" for n in steps),
    ]
    flags = ", ".join(f"s{n}.c as c{n}, s{n}.k as k{n}" for n in steps)
    in_fields = " or ".join(f"({differs})" for _, differs in bulk.column_changes().values()) or "false"
    moved = " + ".join(f"s{n}.m" for n in steps)
    row = await (
        await raw.execute(
            f"select {', '.join(columns)} from (select {bulk.bad} as bad, ({bulk.any_change}) as changes,"
            f" ({in_fields}) as in_fields, {moved} as m, {flags} from {bulk.source}"
            " where p.id = any(%(ids)s::bigint[]) offset 0) w",
            {**bulk.params, "ids": list(ids)},
        )
    ).fetchone()
    assert row is not None
    count = len(bulk.plan.steps)
    people, refused, changed, events, *rest = row
    return {
        "people": people,
        "refused": refused,
        "changed": changed,
        "events": int(events),
        "steps": [[rest[n], rest[count + n], rest[2 * count + n]] for n in steps],
    }


async def refusals(raw: Raw, bulk: Bulk, ids: Iterable[int]) -> list[tuple[int, int, str]]:
    """Return who is refused: the profile, the step, and the value that stood in the way."""
    if not any(step.refusal for step in bulk.plan.steps):
        return []
    texts = " ".join(
        f"when {n} then left(({bulk.befores[n]})::text, 200)"
        for n, step in enumerate(bulk.plan.steps)
        if step.field is not None
    )
    value = f"case w.bad {texts} end" if texts else "''"
    cursor = await raw.execute(
        f"select p.id, w.bad, coalesce({value}, '') from {bulk.source}"
        f" cross join lateral (select {bulk.bad} as bad) w"
        " where p.id = any(%(ids)s::bigint[]) and w.bad is not null order by p.id",
        {**bulk.params, "ids": list(ids)},
    )
    return [(row[0], row[1], row[2]) for row in await cursor.fetchall()]


async def sample(raw: Raw, bulk: Bulk, ids: Iterable[int], count: int) -> list[dict[str, Any]]:
    """Return some people with each step's value before and after; those who change or are refused come first."""
    shown = "".join(
        f", {f's{n}.b' if step.field is None and bulk.befores[n] == 'null' else bulk.befores[n]}, s{n}.v, s{n}.c"
        for n, step in enumerate(bulk.plan.steps)
    )
    cursor = await raw.execute(
        f"select p.id, p.email, p.first_name, p.last_name, {bulk.bad}{shown} from {bulk.source}"
        f" where p.id = any(%(ids)s::bigint[]) order by ({bulk.any_change} or {bulk.bad} is not null) desc, p.id"
        f" limit {int(count)}",
        {**bulk.params, "ids": list(ids)},
    )
    rows = []
    for profile, email, first, last, bad, *cells in await cursor.fetchall():
        name = " ".join(part for part in (first, last) if part) or email or f"Profile {profile}"
        steps = [tuple(_plain(v) for v in cells[n : n + 3]) for n in range(0, len(cells), 3)]
        rows.append({"id": profile, "name": name, "bad": bad, "steps": steps})
    return rows


def _plain(value: Any) -> Any:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


async def matching(raw: Raw, table: str, where: Where, most: int | None) -> BitMap:
    """Return the ids of those who meet the conditions of a search."""
    limit = "" if most is None else f" limit {int(most)}"
    cursor = await raw.execute(f"select id from {table} where {where.sql}{limit}", where.values, binary=True)
    return BitMap(row[0] for row in await cursor.fetchall())


# -- writing ----------------------------------------------------------------------------------------------------------


async def write_fields(raw: Raw, bulk: Bulk, ids: Iterable[int], now: datetime) -> dict[tuple[bool, ...], list[int]]:
    """Change the people who differ, in one statement; return their ids by which steps changed them.

    The rows are locked already, so what is worked out is what is written. Raises the driver's errors.
    """
    changes = bulk.column_changes()
    if not changes:
        return {}
    field_steps = [n for n, step in enumerate(bulk.plan.steps) if bulk.befores[n] != "null"]
    values = ", ".join(f"{final} as w_{bulk.plan.database.by_name[name].column}" for name, final in bulk.finals.items())
    flags = ", ".join(f"s{n}.c as c{n}" for n in field_steps)
    differs = " or ".join(f"({changed})" for _, changed in changes.values())
    sets = ", ".join(f"{column} = w.w_{column}" for column, _ in changes.values())
    cursor = await raw.execute(
        f"with u as (update {bulk.plan.database.table} t set version = t.version + 1, updated_at = %(now)s, {sets}"
        f" from (select p.id, {values}, {flags} from {bulk.source}"
        f" where p.id = any(%(ids)s::bigint[]) and ({differs}) offset 0) w"
        f" where t.id = w.id returning t.id, array[{', '.join(f'w.c{n}' for n in field_steps)}] as flags)"
        " select flags, array_agg(id) from u group by flags",
        {**bulk.params, "ids": list(ids), "now": now},
    )
    found = {}
    for flags_of, people in await cursor.fetchall():
        by_step = dict(zip(field_steps, flags_of, strict=True))
        found[tuple(by_step.get(n, False) for n in range(len(bulk.plan.steps)))] = people
    return found


def names_of(plan: BulkPlan, flags: Iterable[bool]) -> list[str]:
    """Return the names of the fields that these steps changed."""
    found = set()
    for step, changed in zip(plan.steps, flags, strict=True):
        if changed:
            found.add("status" if step.field is None else step.field.name)
    return sorted(found)
