"""E-mail: personalised, tracked, on the ledger, over a real SMTP hop, beside a raw pipelined loop and aiosmtplib.

    python bench/bench_email.py [--mails 6000] [--rounds 3] [--rows none,rsa,ed25519] [--profile] [--sink PATH]

Each recipient gets a 10 KB HTML mail with a text part: first name, city and three values in it, eight tracked links, an
open image, one-click unsubscribe. Every mail is a row of the ledger in the embedded PostgreSQL (commits are durable):
its intent before DATA, its result and its event after. Ten connections are kept open to postfix's `smtp-sink`, which
is another process; PostgreSQL is a third. The references send ready-made bytes of the same size over ten connections
and write nothing down. All are measured in turns (A B C A B C …), the figures are medians.

Without `smtp-sink` (Debian: `apt-get install postfix`, or `--sink` for one that lies elsewhere) a sink of our own in
another process takes its place, and the output says so.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import multiprocessing
import os
import pstats
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import aiosmtplib
import msgspec
import psycopg
import uvloop

from fidelia import profiles
from fidelia.access import Actor
from fidelia.messages.channels.email.compose import Composer
from fidelia.messages.channels.email.dkim import DkimSigner, generate
from fidelia.messages.channels.email.outlet import EmailOutlet
from fidelia.messages.channels.email.smtp import SmtpConnection, SmtpServer
from fidelia.messages.markup.compile import compile_source
from fidelia.messages.markup.model import Compiled, TemplateSource
from fidelia.messages.model import Plan, Recipient, Run
from fidelia.messages.sending.sender import Sender
from fidelia.messages.sending.values import contact_hash
from fidelia.messages.store import ledger, runs
from fidelia.messages.tracking.tokens import Signer
from fidelia.platform.engines import Engines
from fidelia.platform.files import DataFolder
from fidelia.platform.migrate import upgrade_postgres
from fidelia.platform.pgserver import PostgresServer
from fidelia.platform.postgres import Database
from fidelia.platform.process import settle_memory
from fidelia.settings import Settings
from fidelia.wiring import wire

CONNECTIONS = 10
TARGETS = {"none": 3_000, "rsa": 1_000}
NAMES = {"none": "without DKIM", "rsa": "DKIM RSA-2048", "ed25519": "DKIM Ed25519"}
SIGNER = Signer(b"b" * 32, "https://news.example.org")
SINKS = ("/usr/sbin/smtp-sink", "/usr/lib/postfix/sbin/smtp-sink", "/usr/libexec/postfix/smtp-sink")


def source() -> TemplateSource:
    """A mail of about 10 KB: paragraphs in tables with styles, as editors make them."""
    words = "The new collection is here, made to last, in colours that stay. "
    rows = "".join(
        f'<tr><td style="padding:12px 24px;font-family:Helvetica,Arial,sans-serif;font-size:16px;line-height:24px;">'
        f'<p style="margin:0 0 12px;">{words * 9}</p>'
        f'<a href="https://shop.example.org/items/{n}?from=mail" style="color:#0a5">Look at item {n}</a></td></tr>'
        for n in range(8)
    )
    body = (
        '<!doctype html><html><head><meta charset="utf-8"><title>News</title></head><body style="margin:0">'
        "<table width=\"600\"><tr><td>Dear {{ profile.first_name | default('friend') }} in {{ profile.city }},</td></tr>"
        f"{rows}<tr><td>You have {{{{ profile.language }}}} mails from {{{{ profile.country }}}}."
        ' <a href="{{ links.unsubscribe }}">Unsubscribe</a></td></tr></table></body></html>'
    )
    text = (
        "Dear {{ profile.first_name | default('friend') }},\n\nthe new collection is here.\n{{ links.unsubscribe }}\n"
    )
    return TemplateSource(
        "html", body, "{{ profile.first_name }}, the new collection is here", "In colours that stay", text
    )


# -- sinks ---------------------------------------------------------------------------------------------------------


def own_sink(port: int) -> None:
    """Take everything, as quickly as Python can; in a process of its own."""
    answers = {
        b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 8BITMIME\r\n",
        b"DATA": b"354 go\r\n",
        b"QUIT": b"221 bye\r\n",
    }

    class Sink(asyncio.Protocol):
        def connection_made(self, transport: Any) -> None:
            self.transport, self.data, self.buffer = transport, False, b""
            transport.write(b"220 sink\r\n")

        def data_received(self, data: bytes) -> None:
            buffer, out = self.buffer + data, []
            while True:
                if self.data:
                    end = buffer.find(b"\r\n.\r\n")
                    if end < 0:
                        break
                    buffer, self.data = buffer[end + 5 :], False
                    out.append(b"250 ok\r\n")
                    continue
                line, found, rest = buffer.partition(b"\r\n")
                if not found:
                    break
                buffer, verb = rest, line[:4].upper()
                self.data = verb == b"DATA"
                out.append(answers.get(verb, b"250 ok\r\n"))
            self.buffer = buffer
            if out:
                self.transport.write(b"".join(out))

    async def main() -> None:
        server = await asyncio.get_running_loop().create_server(Sink, "127.0.0.1", port)
        await server.serve_forever()

    uvloop.run(main())


@contextmanager
def sink(given: str) -> Iterator[tuple[int, str]]:
    """Start a sink; yield its port and what it is."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = given or shutil.which("smtp-sink") or next((p for p in SINKS if Path(p).exists()), "")
    stop: Callable[[], object]
    if path:
        libraries = Path(path).resolve().parents[1] / "lib" / "postfix"  # an unpacked package brings its own
        environ = {**os.environ, "LD_LIBRARY_PATH": str(libraries)} if libraries.is_dir() else dict(os.environ)
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        process = subprocess.Popen([path, *user, f"127.0.0.1:{port}", "1000"], env=environ)
        name, stop = "postfix's smtp-sink", process.terminate
    else:
        child = multiprocessing.get_context("spawn").Process(target=own_sink, args=(port,), daemon=True)
        child.start()
        name = "a sink of our own, because postfix's smtp-sink is not installed (apt-get install postfix)"
        stop = child.terminate
    try:
        for _ in range(200):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.05)
        else:
            raise SystemExit("the sink does not answer")
        yield port, name
    finally:
        stop()


# -- Fidelia -------------------------------------------------------------------------------------------------------


class Ours:
    """An installation with people and a template; makes a run for each turn."""

    def __init__(self, engines: Engines, made: Compiled, people: int) -> None:
        self.engines, self.made, self.people = engines, made, people
        self.database = 0
        self.ids: list[int] = []
        self.hashes: list[bytes] = []
        self.version = (0, 0)

    async def prepare(self) -> None:
        async with self.engines.tx() as tx:
            database = await profiles.create_database(tx, Actor.system(), name="bench")
            raw = await tx.raw()
            await raw.execute(
                f"insert into {database.table} (id, version, email, first_name, city, country, language, status,"
                " created_at, updated_at) select g, 1, 'person' || g || '@example.com', 'Ada ' || g, 'Oslo', 'NO', 'nb',"
                " 'subscribed', now(), now() from generate_series(1, %s) g",
                (self.people,),
            )
            await raw.execute(
                "update profile_database set last_profile_id = %s, profile_count = %s where id = %s",
                (self.people, self.people, database.id),
            )
            template = await self._one(
                raw,
                "insert into template (name, format, variables, problems, created_at, updated_at)"
                " values ('bench', 'html', '{}', '[]', now(), now()) returning id",
            )
            version = await self._one(
                raw,
                "insert into template_version (template_id, number, format, subject, preheader, body, text, variables,"
                " compiled, problems, revision, published_at, published_by)"
                " values (%s, 1, 'html', '', '', '', '', '{}', %s::jsonb, '[]', 1, now(), 'bench') returning id",
                (template, msgspec.json.encode(self.made).decode()),
            )
            self.database, self.version = database.id, (template, version)
        async with self.engines.db.hot() as raw:
            await raw.execute(f"analyze {database.table}")
        self.ids = list(range(1, self.people + 1))
        self.hashes = [contact_hash(f"person{n}@example.com") for n in self.ids]

    @staticmethod
    async def _one(raw: Any, query: str, params: Any = ()) -> int:
        row = await (await raw.execute(query, params)).fetchone()
        return int(row[0])

    async def run(self) -> Run:
        template, version = self.version
        async with self.engines.tx() as tx:
            raw = await tx.raw()
            mailing = await self._one(
                raw,
                "insert into mailing (name, database_id, template_id, from_email, variables, suppression_lists, utm,"
                " state, created_at, updated_at)"
                " values ('bench', %s, %s, 'news@example.org', '{}', '{}', '{}', 'sending', now(), now()) returning id",
                (self.database, template),
            )
            plan = Plan(
                mailing_id=mailing,
                name="bench",
                template_id=template,
                version_id=version,
                from_email="news@example.org",
                from_name="Shop",
            )
            run_id = await runs.create(tx, self.database, plan)
            await ledger.add(raw, run_id, self.ids, self.hashes, tx.now)
            await runs.move(tx, run_id, "sending", only=("audience",), audience=self.people)
            made = await runs.get(tx, run_id)
        async with self.engines.db.hot() as raw:
            await raw.execute("analyze delivery")
        return made

    async def turn(self, port: int, dkim: DkimSigner | None) -> float:
        """Send to everybody; return mails a second. What is measured ends when the run is done."""
        run = await self.run()
        server = SmtpServer("127.0.0.1", port)
        began = time.perf_counter()
        outlet = EmailOutlet(server, run, [self.made], SIGNER, connections=CONNECTIONS, dkim=dkim)
        sender = Sender(self.engines, run, [self.made], [outlet])
        result = await sender.run()
        took = time.perf_counter() - began
        async with self.engines.db.hot() as raw:
            states = await ledger.states(raw, run.id)
            await raw.execute("delete from event_inbox")
        if result.phase != "done" or states != {"sent": self.people}:
            raise SystemExit(f"the run ended as {result.phase}: {states}")
        return self.people / took


# -- references ----------------------------------------------------------------------------------------------------


async def raw_loop(port: int, count: int, data: bytes) -> float:
    """A pipelined loop without ledger or rendering: the body and the next envelope travel together."""

    async def lane(numbers: range) -> None:
        connection = await SmtpConnection.open(SmtpServer("127.0.0.1", port))

        def envelope(n: int) -> bytes:
            return f"MAIL FROM:<news@example.org>\r\nRCPT TO:<person{n}@example.com>\r\nDATA\r\n".encode()

        connection.write(envelope(numbers[0]))
        for n in numbers:
            for _ in range(3):
                await connection.reply()
            connection.write(data + (envelope(n + 1) if n + 1 in numbers else b""))
            reply = await connection.reply()
            assert reply.ok, reply
        await connection.quit()

    began = time.perf_counter()
    await asyncio.gather(*(lane(part) for part in parts(count)))
    return count / (time.perf_counter() - began)


async def library(port: int, count: int, message: bytes) -> float:
    """aiosmtplib, one call a mail, connections kept open."""

    async def lane(numbers: range) -> None:
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=port, use_tls=False, start_tls=False)
        await client.connect()
        for n in numbers:
            await client.sendmail("news@example.org", [f"person{n}@example.com"], message)
        await client.quit()

    began = time.perf_counter()
    await asyncio.gather(*(lane(part) for part in parts(count)))
    return count / (time.perf_counter() - began)


def parts(count: int) -> list[range]:
    size = -(-count // CONNECTIONS)
    return [range(at, min(at + size, count)) for at in range(0, count, size)]


# -- the profile ---------------------------------------------------------------------------------------------------

AREAS = (
    ("rendering (minijinja, css)", ("minijinja", "markup/render", "markup/text")),
    ("links and tokens", ("tracking/tokens", "hashlib", "blake2", "b2a_base64")),
    ("MIME, header fields", ("email/mime", "email/address", "binascii", "email/utils", "b2a_qp")),
    ("DKIM", ("email/dkim", "cryptography", "sha256", "rsa", "ed25519")),
    ("SMTP and sockets", ("email/smtp", "sending/lane", "uvloop", "_SSL", "transport")),
    ("ledger and events (psycopg, settler)", ("psycopg", "store/ledger", "settler", "outbox", "msgspec", "sqlalchemy")),
    ("consent, values, policies", ("profiles/", "recipients", "policies", "conditions", "pyroaring")),
    ("composing, feeding", ("sending/", "messages/")),
    ("asyncio", ("asyncio", "selectors", "contextvars", "method 'run' of '_contextvars")),
)


def told(profile: cProfile.Profile, mails: int) -> None:
    """Print where the processor's time went: by area, then the dearest functions."""
    stats = pstats.Stats(profile)
    rows = [
        (own, calls, f"{file}:{line}({name})" if line else name)
        for (file, line, name), (_, calls, own, _, _) in stats.stats.items()  # type: ignore[attr-defined]
    ]
    idle = sum(own for own, _, what in rows if "run_until_complete" in what or "select.epoll" in what)
    total = sum(own for own, _, _ in rows) - idle
    areas: dict[str, float] = {}
    for own, _, what in rows:
        if "run_until_complete" in what or "select.epoll" in what:
            continue
        area = next((name for name, signs in AREAS if any(sign in what for sign in signs)), "other")
        areas[area] = areas.get(area, 0.0) + own
    print(f"\nWhere the time of one turn goes ({mails:,} mails; the profiler itself slows Python code about twofold)")
    print(f"  the loop itself, and waiting for sockets: {idle:.2f} s; in code: {total:.2f} s")
    for area, seconds in sorted(areas.items(), key=lambda item: -item[1]):
        print(f"  {area:40} {seconds:7.2f} s  {seconds / total:5.0%}  {seconds / mails * 1e6:6.0f} µs a mail")
    print("  dearest functions (own time)")
    for own, calls, what in sorted(rows, reverse=True)[:25]:
        short = what.split("site-packages/")[-1].split("/src/")[-1]
        print(f"    {own:7.2f} s  {calls:9,} calls  {short[:100]}")


# -- the run -------------------------------------------------------------------------------------------------------


async def measure(
    dsn: str, port: int, options: argparse.Namespace, signers: dict[str, DkimSigner | None]
) -> dict[str, list[float]]:
    made = compile_source(source()).compiled
    assert made is not None
    db = Database(dsn, pool_size=5)
    await db.open()
    engines = Engines(settings=Settings(), db=db)
    wire(engines)
    ours = Ours(engines, made, options.mails)
    await ours.prepare()
    mail = sample(made)
    ready = mail[: -len(b".\r\n")]
    print(f"  a mail is {len(mail) / 1024:.1f} KB", flush=True)
    turns: dict[str, Callable[[], Coroutine[Any, Any, float]]] = {
        "raw loop": lambda: raw_loop(port, options.mails, mail),
        "aiosmtplib": lambda: library(port, options.mails, ready),
    }
    for name in options.rows:
        turns[name] = lambda name=name: ours.turn(port, signers[name])  # type: ignore[misc]
    figures: dict[str, list[float]] = {name: [] for name in turns}
    for n in range(options.rounds + 1):
        for name, turn in turns.items():
            speed = await turn()
            if n:  # the first round warms all up
                figures[name].append(speed)
    if options.profile:
        profile = cProfile.Profile()
        profile.enable()
        await ours.turn(port, signers[options.rows[0]])
        profile.disable()
        told(profile, options.mails)
    await db.close()
    return figures


def sample(made: Compiled) -> bytes:
    from datetime import UTC, datetime

    values = {"id": 1, "first_name": "Ada 1", "city": "Oslo", "country": "NO", "language": "nb"}
    person = Recipient(1, "person1@example.com", {"profile": values, "subscription": {}})
    plan = Plan(mailing_id=1, name="bench", from_email="news@example.org", from_name="Shop")
    return Composer(plan, made, SIGNER, 1).compose(person, datetime.now(UTC)).data


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--mails", type=int, default=6_000, help="mails of a turn")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--rows", type=lambda text: text.split(","), default=list(NAMES), help="none, rsa, ed25519")
    parser.add_argument("--profile", action="store_true", help="say where the time of one turn of the first row goes")
    parser.add_argument("--sink", default="", help="where smtp-sink lies")
    options = parser.parse_args()
    unknown = sorted(set(options.rows) - set(NAMES))
    if unknown:
        parser.error(f"there is no row {', '.join(unknown)}; there are: {', '.join(NAMES)}")
    settle_memory()  # as the sender's process does
    signers: dict[str, DkimSigner | None] = {
        "none": None,
        "rsa": DkimSigner("example.org", "bench", generate("rsa-sha256")),
        "ed25519": DkimSigner("example.org", "bench", generate("ed25519-sha256")),
    }
    root = Path(tempfile.mkdtemp(prefix="fidelia-bench-"))
    root.chmod(0o711)
    folder = DataFolder(root / "data")
    folder.prepare()
    server = PostgresServer(folder, Settings().postgres)
    try:
        dsn = server.start()
        with psycopg.connect(dsn, autocommit=True) as connection:
            connection.execute("create database bench")
        dsn = psycopg.conninfo.make_conninfo(dsn, dbname="bench")
        upgrade_postgres(dsn)
        with sink(options.sink) as (port, name):
            print(f"E-mail over {CONNECTIONS} connections into {name}; {options.mails:,} mails a turn", flush=True)
            figures = uvloop.run(measure(dsn, port, options, signers))
    finally:
        server.stop()
        shutil.rmtree(root, ignore_errors=True)
    return told_figures(figures, options.rows)


def told_figures(figures: dict[str, list[float]], rows: list[str]) -> int:
    failed = False
    print("\n  mails/s, medians of turns; ratios are medians of the turns' own")
    for name in ("raw loop", "aiosmtplib"):
        print(f"  {name:16} {statistics.median(figures[name]):8,.0f}/s   reference: ready-made bytes, no ledger")
    for row in rows:
        speed = statistics.median(figures[row])
        ratios = [
            statistics.median(a / b for a, b in zip(figures[row], figures[other], strict=True))
            for other in ("raw loop", "aiosmtplib")
        ]
        target = TARGETS.get(row)
        verdict = ""
        if target is not None:
            failed |= speed < target
            verdict = f"   target {target:,}/s {'reached' if speed >= target else 'MISSED'}"
        print(f"  {NAMES[row]:16} {speed:8,.0f}/s   {ratios[0]:.2f} × raw loop   {ratios[1]:.2f} × aiosmtplib{verdict}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
