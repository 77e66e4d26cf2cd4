"""Scheduled imports from a PostgreSQL server of somebody else's: read only, limited, by a checked way, never ours."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.pgserver import PostgresServer
from fidelia.profiles.imports.schedule.sources import sql
from fidelia.settings import PostgresSettings
from tests.web_server import open_to

from ..conftest import new_database
from .conftest import FIELDS
from .scheduling import Scheduler

MAPPING = [
    {"column": "mail", "field": "email"},
    {"column": "age", "field": "age"},
    {"column": "tags", "field": "likes"},
]


class TcpServer(PostgresServer):
    """The embedded server, but reached over TCP like that of a shop."""

    port = 0

    def _command(self, programs: Path) -> list[str]:
        with socket.socket() as free:
            free.bind(("127.0.0.2", 0))
            type(self).port = free.getsockname()[1]
        return [*super()._command(programs), "-c", "listen_addresses=127.0.0.2", "-c", f"port={self.port}"]

    @property
    def dsn(self) -> str:
        return psycopg.conninfo.make_conninfo(super().dsn, port=self.port)


@pytest.fixture(scope="module")
def outside(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    """A database server with customers, and a user with a password who may read them."""
    root = tmp_path_factory.mktemp("shop")
    for folder in (root, *root.parents[:2]):
        folder.chmod(0o711)
    folder = DataFolder(root / "data")
    folder.prepare()
    server = TcpServer(folder, PostgresSettings())
    dsn = server.start()
    hba = folder.postgres / "pg_hba.conf"
    hba.write_text("local all all trust\nhost all all 127.0.0.0/8 scram-sha-256\n")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("select pg_reload_conf()")
        connection.execute("create role reader login superuser password 'pass-word'")  # the worst case: may do all
        connection.execute("create database shop")
    with psycopg.connect(psycopg.conninfo.make_conninfo(dsn, dbname="shop"), autocommit=True) as connection:
        connection.execute(
            "create table customers as select n, 'p' || n || '@x.no' as mail, 20 + n % 50 as age,"
            " array['a', 'b'] as tags, now()::date as since, 12.50::numeric as total,"
            " '10.0.0.1'::inet as ip, '{\"a\": [1]}'::jsonb as more, null::text as nothing"
            " from generate_series(1, 12000) n"
        )
    yield {"host": "127.0.0.2", "port": server.port, "database": "shop", "username": "reader", "tls": "disable"}
    server.stop()


@pytest.fixture
async def shop(engines: Engines, api: httpx.AsyncClient) -> AsyncIterator[Scheduler]:
    before = engines.settings
    engines.settings = open_to("127.0.0.2/32", before)
    yield Scheduler(engines, api, await new_database(engines, *FIELDS))
    engines.settings = before


def query(outside: dict[str, Any], text: str, **more: Any) -> dict[str, Any]:
    return {"kind": "sql", **outside, "query": text, **more}


async def refused(shop: Scheduler, source: dict[str, Any], pointer: str = "/source/query") -> str:
    wrong = await shop.try_source(source, 422, secret="pass-word")
    assert wrong["errors"][0]["pointer"] == pointer, wrong
    return str(wrong["detail"])


async def test_a_query_is_tried(shop: Scheduler, outside: dict[str, Any]) -> None:
    tried = await shop.try_source(query(outside, "select * from customers order by n"), secret="pass-word")
    assert tried["columns"] == ["n", "mail", "age", "tags", "since", "total", "ip", "more", "nothing"]
    assert tried["types"] == ["int4", "text", "int4", "text[]", "date", "numeric", "inet", "jsonb", "text"]
    assert len(tried["rows"]) == 20
    assert tried["whole"] is False
    assert tried["rows"][0][1:4] == ["p1@x.no", "21", '["a","b"]']
    assert tried["rows"][0][5:8] == ["12.50", "10.0.0.1", '{"a":[1]}']
    assert [m["field"] for m in tried["preview"]["mapping"]][:3] == [None, "email", "age"]
    none = await shop.try_source(query(outside, "select mail from customers where n < 0"), secret="pass-word")
    assert (none["columns"], none["rows"], none["preview"]) == (["mail"], [], None)


async def test_a_query_is_imported(shop: Scheduler, outside: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    text = "select mail, age, tags from customers order by n; -- everybody\n"
    made = await shop.make(query(outside, text), mapping=MAPPING, secret="pass-word")
    assert "pass-word" not in str(made)
    run = await shop.run(made["id"])
    assert run["counts"]["created"] == 12_000, run
    person = (await shop.people())["p7@x.no"]
    assert (person["age"], person["likes"]) == (27, ["a", "b"])
    assert (await shop.run(made["id"]))["state"] == "skipped"
    await shop.change(made["id"], source=query(outside, "select mail, age, tags from customers where n < 0"))
    run = await shop.run(made["id"])
    assert (run["state"], run["note"]) == ("skipped", "The query gave no rows")
    monkeypatch.setattr(sql, "MAX_ROWS", 100)
    await shop.change(made["id"], source=query(outside, "select mail, age, tags from customers"))
    run = await shop.run(made["id"])
    assert run["state"] == "failed"
    assert "more than 100 rows" in run["error"]


@pytest.mark.parametrize(
    "text",
    [
        "delete from customers",
        "delete from customers returning mail",
        "with gone as (delete from customers returning mail) select * from gone",
        "select 1; delete from customers",
        "select 1; commit; delete from customers",
        "commit; delete from customers",
        "select mail into stolen from customers",
        "create table x (a int)",
        "copy customers to program 'touch /tmp/x'",
        "select set_config('transaction_read_only', 'off', true), mail from customers",
        "set transaction read write",
        "select nextval('s')",
        "explain analyze delete from customers",
        "select 1 where 'unclosed",
        "fetch all from fidelia_import",
    ],
)
async def test_nothing_is_ever_written(shop: Scheduler, outside: dict[str, Any], text: str) -> None:
    assert await refused(shop, query(outside, text))
    assert len((await shop.try_source(query(outside, "table customers"), secret="pass-word"))["rows"]) == 20


async def test_placeholders_mean_nothing(shop: Scheduler, outside: dict[str, Any]) -> None:
    tried = await shop.try_source(
        query(outside, "select '%s %(a)s {} $1' as a, 7 % 4 as b, mail from customers"), secret="pass-word"
    )
    assert tried["rows"][0][:2] == ["%s %(a)s {} $1", "3"]


async def test_what_a_query_may_not_give(shop: Scheduler, outside: dict[str, Any]) -> None:
    assert "bytes" in await refused(shop, query(outside, "select 'a'::bytea as a"))
    assert "named mail" in await refused(shop, query(outside, "select mail, mail from customers"))
    assert "does not exist" in await refused(shop, query(outside, "select nothing_like_it from customers"))
    assert "large" in await refused(shop, query(outside, "select 'infinity'::date as a, 1 as b"))


async def test_a_query_ends_in_time(shop: Scheduler, outside: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sql, "SAMPLE_SECONDS", 0.7)
    said = await refused(shop, query(outside, "select pg_sleep(30)::text as a, 1 as b"))
    assert "longer than" in said or "stopped the query" in said


async def test_the_way_to_the_server(shop: Scheduler, outside: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> None:
    good = query(outside, "select mail from customers")
    wrong = await shop.try_source(good, 422, secret="wrong")
    assert "password authentication failed" in wrong["detail"]
    assert "SSL" in await refused(shop, {**good, "tls": "verify"}, "/source/host")
    for host in ("127.0.0.1", "localhost", "2130706433", "::ffff:127.0.0.1", "169.254.169.254", "::1"):
        assert "can be reached only when" in await refused(shop, {**good, "host": host}, "/source/host")
    real, asked = socket.getaddrinfo, []

    def lookup(host: str, *rest: Any, **more: Any) -> Any:
        if host != "shop.test":
            return real(host, *rest, **more)
        asked.append(host)
        return real("127.0.0.2" if len(asked) == 1 else "127.0.0.1", *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", lookup)
    await shop.try_source({**good, "host": "shop.test"}, secret="pass-word")
    assert asked == ["shop.test"]


@contextlib.asynccontextmanager
async def tunnel(path: str) -> AsyncIterator[int]:
    """Let a Unix socket be reached over TCP, as an operator's tunnel would."""
    tasks: set[asyncio.Task[None]] = set()

    async def pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with contextlib.suppress(ConnectionError):
                while data := await reader.read(65536):
                    writer.write(data)
                    await writer.drain()
        finally:
            writer.close()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_unix_connection(path)
        tasks.update(asyncio.create_task(pump(*p)) for p in ((reader, inner_writer), (inner_reader, writer)))

    server = await asyncio.start_server(handle, "127.0.0.2", 0)
    yield server.sockets[0].getsockname()[1]
    server.close()
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_our_own_server_is_refused_however_it_is_reached(shop: Scheduler, outside: dict[str, Any]) -> None:
    info = psycopg.conninfo.conninfo_to_dict(shop.engines.settings.postgres.dsn)
    async with tunnel(f"{info['host']}/.s.PGSQL.{info.get('port', 5432)}") as port:
        for database in (str(info["dbname"]), "postgres"):
            own = {**outside, "port": port, "database": database, "username": str(info["user"])}
            said = await refused(shop, query(own, "select * from user_account"), "/source/host")
            assert "keeps its data" in said


async def test_a_password_does_not_follow_to_another_server(shop: Scheduler, outside: dict[str, Any]) -> None:
    good = query(outside, "select mail from customers")
    made = await shop.make(good, mapping=MAPPING[:1], secret="pass-word")
    assert (await shop.try_source(good, import_schedule=made["id"]))["columns"] == ["mail"]
    for change in ({"host": "127.0.0.3"}, {"port": 5}):
        wrong = await shop.change(made["id"], 422, source={**good, **change})
        assert wrong["errors"][0]["pointer"] == "/secret"
    assert (await shop.try_source({**good, "port": 5}, 422, import_schedule=made["id"]))["errors"][0][
        "pointer"
    ] == "/secret"
    await shop.change(made["id"], source={**good, "query": "select mail from customers where n < 5"})
