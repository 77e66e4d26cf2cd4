"""Lists of what was done: each sorts by what its page shows, both ways, over page borders, empty values included."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from tests.conftest import NOW

from fidelia import profiles
from fidelia.access import Actor
from fidelia.access.tables import api_token
from fidelia.messages.tables import captured_mail, mailing, mailing_run, template, template_version
from fidelia.platform.engines import Engines
from fidelia.platform.jobs.tables import job
from fidelia.platform.postgres import Tx
from fidelia.profiles.imports.tables import profile_import
from fidelia.profiles.tables import suppression_entry, suppression_list
from fidelia.segments.bulk.tables import bulk_update
from fidelia.segments.tables import segment_export

Rows = list[dict[str, Any]]
MANY = range(7)


def at(n: int) -> Any:
    """Times that repeat, with digits below the millisecond."""
    return NOW + timedelta(seconds=n % 3, microseconds=n % 3)


def jobs(database: int) -> Rows:
    return [
        {
            "id": f"j{n * 5 % 7}",
            "kind": f"test.sorting{database}",
            "title": ("beta", "Alpha", "gamma")[n % 3],
            "state": ("done", "failed", "queued")[n % 3],
            "args": {},
            "actor": ("Ada", "bo")[n % 2],
            "created_at": at(n),
            "started_at": at(n + 1) if n % 2 else None,
            "finished_at": at(n + 1) + timedelta(milliseconds=n % 4) if n % 4 > 1 else None,
        }
        for n in MANY
    ]


def imports(database: int) -> Rows:
    return [
        {
            "database_id": database,
            "file_name": ("b.csv", "A.csv", "ö.csv")[n % 3],
            "file_key": "k",
            "file_size": 1,
            "format": {"kind": "csv", "delimiter": ",", "encoding": "utf-8"},
            "columns": ["email"],
            "header_hash": "h",
            "state": "new" if n == 2 else "done",
            "total": None if n == 2 else n % 4,
            "created": n % 3,
            "updated": n % 2,
            "rejected": 0,
            "actor": ("Ada", "bo")[n % 2],
            "created_at": at(n),
            "started_at": at(n + 1) if n % 2 else None,
        }
        for n in MANY
    ]


def bulk_updates(database: int) -> Rows:
    return [
        {
            "database_id": database,
            "title": ("beta", "Alpha")[n % 2],
            "audience": {"everybody": True},
            "operations": [{"op": "unset", "field": "city"}],
            "titles": [("Empty City", "add 1 to Age")[n % 2]],
            "skip_triggers": False,
            "state": ("done", "queued")[n % 2],
            "total": None if n == 3 else n % 3,
            "changed": n % 2,
            "refused": n % 3,
            "actor": "Ada",
            "created_at": at(n),
        }
        for n in MANY
    ]


def exports(database: int) -> Rows:
    return [
        {
            "database_id": database,
            "title": ("beta", "Alpha")[n % 2],
            "format": "csv",
            "columns": ["email"],
            "subscriptions": [],
            "segments": [],
            "file_name": f"{n % 3}.csv",
            "file_key": None if n == 3 else "k",
            "rows": None if n == 3 else n % 3,
            "size": None if n == 3 else n % 4,
            "actor": ("Ada", "bo")[n % 2],
            "created_at": at(n),
        }
        for n in MANY
    ]


def mails(database: int) -> Rows:
    return [
        {
            "received_at": at(n),
            "envelope_from": "",
            "recipients": [f"p{n % 3}@example.com", "z@example.com"] if n else [],
            "sender": ("Ada", "bo")[n % 2],
            "subject": ("beta", "", "Alpha")[n % 3],
            "size": n % 4,
            "source": b"",
        }
        for n in MANY
    ]


def templates(database: int) -> Rows:
    return [
        {
            "name": f"{('beta', 'Alpha', 'gamma')[n % 3]} sorting",
            "format": "html",
            "subject": ("", "Hello", "about")[n % 3],
            "database_id": database,
            "variables": {},
            "problems": [],
            "created_at": at(n),
            "updated_at": at(n + 1),
        }
        for n in MANY
    ]


def mailings(database: int) -> Rows:
    return [
        {
            "name": ("beta", "Alpha", "gamma")[n % 3],
            "database_id": database,
            "variables": {},
            "suppression_lists": [],
            "utm": {},
            "state": ("draft", "done", "paused")[n % 3],
            "send_at": at(n) if n % 2 else None,
            "starts_at": at(n + 2) if n % 3 else None,
            "created_at": at(n),
            "updated_at": at(n + 1),
        }
        for n in MANY
    ]


def stop_lists(database: int) -> Rows:
    return [
        {"name": f"{('b', 'A')[n % 2]} sorting {n * 3 % 7}", "created_at": at(n), "updated_at": at(n + 1)} for n in MANY
    ]


def tokens(database: int) -> Rows:
    return [
        {
            "digest": bytes([n]) * 32,
            "prefix": "fd",
            "name": f"{('b', 'A')[n % 2]} sorting",
            "roles": [],
            "rights": [],
            "created_by": "Ada",
            "created_at": at(n),
            "expires_at": at(n) + timedelta(days=9) if n % 2 else None,
            "last_used_at": at(n + 1) if n % 3 else None,
        }
        for n in MANY
    ]


async def runs_and_entries(tx: Tx, database: int) -> None:
    """People of some mailings, times of some runs, entries of some stop lists."""
    made = templates(database)[0] | {"name": "Of a run"}
    template_id = await tx.scalar(sa.insert(template).values(made).returning(template.c.id))
    version = dict.fromkeys(("preheader", "body", "text", "published_by"), "") | {
        name: made[name] for name in ("format", "subject", "variables", "problems")
    }
    more = {"template_id": template_id, "number": 1, "compiled": {}, "revision": 1, "published_at": NOW}
    version_id = await tx.scalar(sa.insert(template_version).values(version | more).returning(template_version.c.id))
    for row in await tx.all(sa.select(mailing.c.id).where(mailing.c.database_id == database)):
        if row.id % 3:
            run = {"mailing_id": row.id, "database_id": database, "version_id": version_id, "plan": {}, "phase": "done"}
            times = {"created_at": NOW, "started_at": at(row.id), "finished_at": at(row.id + 1) if row.id % 2 else None}
            await tx.execute(sa.insert(mailing_run).values(run | times | {"audience": row.id % 4}))
    for row in await tx.all(sa.select(suppression_list.c.id).where(suppression_list.c.name.contains("sorting"))):
        for n in range(row.id % 3):
            entry = {"list_id": row.id, "kind": "domain", "value": f"{n}.example.com", "reason": "", "created_at": NOW}
            await tx.execute(sa.insert(suppression_entry).values(entry))


def _text(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: row[name].lower()


def _number(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: -1 if row[name] is None else row[name]


def _ran(name: str) -> Callable[[dict[str, Any]], Any]:
    return lambda row: -1 if row["state"] == "new" else row["counts"][name]


def _begun(row: dict[str, Any]) -> Any:
    return row["started_at"] or row["created_at"]


def _took(row: dict[str, Any]) -> Any:
    if not row["started_at"] or not row["finished_at"]:
        return -1
    return round(float(row["finished_at"][17:-1]) - float(row["started_at"][17:-1]), 3)


LISTS: dict[str, tuple[sa.Table, Callable[[int], Rows], str, dict[str, Callable[[dict[str, Any]], Any]]]] = {
    "jobs": (
        job,
        jobs,
        "/jobs?kind=test.sorting{0}",
        {
            "title": _text("title"),
            "state": _text("state"),
            "actor": _text("actor"),
            "created_at": _text("created_at"),
            "started_at": _begun,
            "took": _took,
        },
    ),
    "imports": (
        profile_import,
        imports,
        "/databases/{0}/imports?q=csv",
        {
            "file_name": _text("file_name"),
            "total": _number("total"),
            "created": _ran("created"),
            "updated": _ran("updated"),
            "rejected": _ran("rejected"),
            "actor": _text("actor"),
            "at": _begun,
        },
    ),
    "bulk updates": (
        bulk_update,
        bulk_updates,
        "/databases/{0}/bulk-updates?q=a",
        {
            "what": lambda row: row["steps"][0]["title"].lower(),
            "title": _text("title"),
            "state": _text("state"),
            "people": _number("people"),
            "changed": _number("changed"),
            "refused": _number("refused"),
            "actor": _text("actor"),
            "created_at": _text("created_at"),
        },
    ),
    "exports": (
        segment_export,
        exports,
        "/databases/{0}/exports?q=a",
        {
            "title": _text("title"),
            "file_name": _text("file_name"),
            "rows": _number("rows"),
            "size": _number("size"),
            "actor": _text("actor"),
            "created_at": _text("created_at"),
        },
    ),
    "mails": (
        captured_mail,
        mails,
        "/mailbox?q=",
        {
            "subject": _text("subject"),
            "to": lambda row: (row["recipients"] or [""])[0],
            "sender": _text("sender"),
            "size": _number("size"),
            "received_at": _text("received_at"),
        },
    ),
    "templates": (
        template,
        templates,
        "/templates?database={0}&q=sorting",
        {"name": _text("name"), "subject": _text("subject"), "updated_at": _text("updated_at")},
    ),
    "mailings": (
        mailing,
        mailings,
        "/mailings?database={0}",
        {
            "name": _text("name"),
            "state": _text("state"),
            "people": _number("audience"),
            "when": lambda row: (
                row["finished_at"] or row["started_at"] or row["starts_at"] or row["send_at"] or "1970-01-01"
            ),
            "created_at": _text("created_at"),
            "updated_at": _text("updated_at"),
        },
    ),
    "stop lists": (
        suppression_list,
        stop_lists,
        "/suppression-lists?q=sorting",
        {"name": _text("name"), "size": _number("size"), "updated_at": _text("updated_at")},
    ),
    "tokens": (
        api_token,
        tokens,
        "/tokens?q=sorting",
        {
            "name": _text("name"),
            "created_at": _text("created_at"),
            "last_used_at": lambda row: row["last_used_at"] or "1970-01-01",
            "expires_at": lambda row: row["expires_at"] or "9999-01-01",
        },
    ),
}


#: An order of another type than the first, whose positions mean nothing to it.
OTHER = {
    "jobs": "created_at",
    "imports": "total",
    "bulk updates": "people",
    "exports": "rows",
    "mails": "size",
    "templates": "updated_at",
    "mailings": "people",
    "stop lists": "size",
    "tokens": "created_at",
}


async def _all(api: httpx.AsyncClient, url: str, sort: str) -> Sequence[dict[str, Any]]:
    """Read every page of two rows."""
    found: list[dict[str, Any]] = []
    cursor = ""
    while True:
        reply = await api.get(f"/api/v1{url}&limit=2&sort={sort}{cursor}")
        assert reply.status_code == 200, reply.text
        page = reply.json()
        assert page["total"] == len(MANY)
        found += page["items"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"


@pytest.mark.parametrize("what", LISTS)
async def test_every_order_both_ways(engines: Engines, api: httpx.AsyncClient, what: str) -> None:
    table, made, path, sorts = LISTS[what]
    async with engines.tx() as tx:
        database = (await profiles.create_database(tx, Actor.system(), name=f"sorting {what}")).id
        await tx.execute(sa.insert(table), made(database))
        if what in ("mailings", "stop lists"):
            await runs_and_entries(tx, database)
    url = path.format(database)
    for name, value in sorts.items():
        for sign in ("", "-"):
            rows = await _all(api, url, sign + name)
            expected = sorted(rows, key=lambda row, value=value: (value(row), row["id"]), reverse=bool(sign))  # type: ignore[misc]
            assert [row["id"] for row in rows] == [row["id"] for row in expected], (sign, name)
    newest = (await api.get(f"/api/v1{url}")).json()["items"]
    ids = [row["id"] for row in newest]
    if what in ("imports", "bulk updates", "exports", "mails", "tokens"):
        assert ids == sorted(ids, reverse=True)
    first = next(iter(sorts))
    page = (await api.get(f"/api/v1{url}&limit=2&sort={first}")).json()
    for wrong in (
        "&sort=secret",
        "&cursor=abc",
        "&cursor=W10",
        f"&sort={OTHER[what]}&cursor={page['next_cursor']}",
    ):
        reply = await api.get(f"/api/v1{url}{wrong}")
        assert reply.status_code == 422, (wrong, reply.text)
