"""Files into lists: formats, counts, rejected lines, replacing and extending, hostile files."""

from __future__ import annotations

import asyncio
import gzip
import io
import zipfile
from typing import Any

import pytest
import sqlalchemy as sa

from fidelia.platform.engines import Engines
from fidelia.platform.jobs import Cancelled, JobContext
from fidelia.platform.jobs.runner import run_job

from .conftest import Lists, adds_up

LINES = {"kind": "csv", "delimiter": "\x1f", "quote": "", "header": False}


async def test_a_column_of_a_file_is_chosen(lists: Lists) -> None:
    list_id = await lists.new("a@b.co", type="email")
    content = b"Name;Mail;Age\nAda;ADA@b.co;41\nBo;;3\nNo;nobody;1\nAda2;ada@b.co;2\nA;a@b.co;\n"
    load = await lists.load(f"/value-lists/{list_id}", content)
    assert load["mapping"] == {"Mail": "value"}
    assert load["counts"] == {
        "rows": 5, "added": 1, "updated": 0, "unchanged": 1, "duplicates": 1, "rejected": 1, "empty": 1,
    }  # fmt: skip
    assert load["state"] == "done"
    assert await lists.in_clickhouse(list_id) == ["a@b.co", "ada@b.co"]
    ((row, column, value, reason),) = await lists.rejected(load["id"])
    assert (row, column, value) == ("4", "Mail", "nobody")
    assert "e-mail" in reason
    assert load["reasons"][0]["rows"] == 1


async def test_a_look_comes_before_the_load(lists: Lists) -> None:
    list_id = await lists.new(type="decimal")
    content = b"Ort;Preis\nOslo;1 200,50\nBergen;3,5\n"
    seen = await lists.upload(f"/value-lists/{list_id}/loads", content, 201)
    assert [(c["name"], c["type"], c["examples"]) for c in seen["columns"]] == [
        ("Ort", "text", ["Oslo", "Bergen"]),
        ("Preis", "decimal", ["1 200,50", "3,5"]),
    ]
    assert (seen["state"], seen["total"], seen["mapping"]) == ("new", 2, {"Preis": "value"})
    assert seen["reading"]["decimal"] == ","
    wrong = await lists.post(f"/list-loads/{seen['id']}/run", {"mapping": {"Prize": "value"}}, 422)
    assert wrong["errors"][0]["pointer"] == "/mapping/Prize"
    started = await lists.post(f"/list-loads/{seen['id']}/run", {}, 202)
    await run_job(lists.engines, started["job"]["id"])
    assert await lists.values(list_id) == ["3.5", "1200.5"]
    await lists.post(f"/list-loads/{seen['id']}/run", {}, 409)


async def test_a_first_value_is_no_heading_when_somebody_says_so(lists: Lists) -> None:
    list_id = await lists.new()
    seen = await lists.upload(f"/value-lists/{list_id}/loads", b"Oslo\nBergen\nMoss\n", 201)
    assert seen["format"]["header"] is True
    body = {"header": False, "mapping": {"Oslo": "value"}}
    started = await lists.post(f"/list-loads/{seen['id']}/run", body, 202)
    await run_job(lists.engines, started["job"]["id"])
    assert await lists.values(list_id) == ["Bergen", "Moss", "Oslo"]


async def test_pasted_lines_are_values_whatever_signs_they_hold(lists: Lists) -> None:
    list_id = await lists.new()
    pasted = 'Oslo, Norway\r\n"quoted"\n\ntab\tin it\nback\\slash; and more\n Oslo, Norway \n'
    load = await lists.load(f"/value-lists/{list_id}", pasted.encode(), format=LINES)
    adds_up(load)
    assert (load["counts"]["added"], load["counts"]["duplicates"]) == (4, 1)
    expected = ['"quoted"', "Oslo, Norway", "back\\slash; and more", "tab\tin it"]
    assert await lists.in_clickhouse(list_id) == expected
    assert sorted(await lists.values(list_id)) == expected


def workbook() -> bytes:
    from openpyxl import Workbook

    book = Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (("Nr", "Tag"), (1, "2026-03-31"), (2, "1.4.2026"), (2, None), ("x", None)):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize("packed", ["plain", "gz", "zip", "xlsx", "jsonl"])
async def test_every_format(lists: Lists, packed: str) -> None:
    list_id = await lists.new(type="integer")
    content = b"Nr\n1\n2\n2\nx\n"
    if packed == "gz":
        content = gzip.compress(content)
    elif packed == "zip":
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("values.csv", content)
        content = out.getvalue()
    elif packed == "xlsx":
        pytest.importorskip("openpyxl")
        content = workbook()
    elif packed == "jsonl":
        content = b'{"Nr":1}\n{"Nr":2}\n{"Nr":2}\n{"Nr":"x"}\n'
    load = await lists.load(f"/value-lists/{list_id}", content, column="Nr")
    adds_up(load)
    assert (load["counts"]["added"], load["counts"]["duplicates"], load["counts"]["rejected"]) == (2, 1, 1)
    assert await lists.in_clickhouse(list_id) == [1, 2]


async def test_replacing_leaves_only_the_file(lists: Lists) -> None:
    list_id = await lists.new("old", "kept")
    load = await lists.load(f"/value-lists/{list_id}", b"value\nKept\nnew\n", mode="replace")
    assert (load["counts"]["added"], load["mode"]) == (2, "replace")
    assert await lists.in_clickhouse(list_id) == ["Kept", "new"]
    # What comes after goes to the new rows.
    await lists.post(f"/value-lists/{list_id}/values", {"values": ["more"]})
    await lists.post(f"/value-lists/{list_id}/values/remove", {"values": ["kept"]})
    assert await lists.in_clickhouse(list_id) == ["more", "new"]
    assert (await lists.get(f"/value-lists/{list_id}"))["size"] == 2


async def test_the_old_content_is_valid_until_the_swap(
    lists: Lists, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fidelia.profiles.lists import projection

    list_id = await lists.new("old")
    assert await lists.in_clickhouse(list_id) == ["old"]
    fill = projection.prefill
    seen = []

    async def watched(*args: Any, **more: Any) -> None:
        await fill(*args, **more)
        # Everything is there and nothing is turned to; somebody adds a value just now, and somebody deletes the list.
        await lists.post(f"/value-lists/{list_id}/values", {"values": ["late"]})
        seen.append(await lists.in_clickhouse(list_id))
        await lists.call("DELETE", f"/value-lists/{list_id}", 409)
        await lists.post(f"/value-lists/{list_id}/values/replace", {"values": []}, 409)

    monkeypatch.setattr(projection, "prefill", watched)
    await lists.load(f"/value-lists/{list_id}", b"value\nnew\n", mode="replace")
    assert seen == [["late", "old"]]
    assert await lists.in_clickhouse(list_id) == ["new"]


async def test_a_load_killed_anywhere_leaves_the_old_and_succeeds_when_run_again(
    lists: Lists, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    from fidelia.profiles.lists import projection, work
    from fidelia.profiles.lists.store import config, merge

    list_id = await lists.new("old")
    reply = await lists.upload(f"/value-lists/{list_id}/loads", b"value\nnew\nNEW\n", column="value", mode="replace")

    class Killed(BaseException):
        """What a dying process does not catch."""

    async def die(*_: Any, **__: Any) -> None:
        raise Killed

    for module, name in ((merge, "copy_in"), (merge, "build"), (projection, "prefill"), (config, "turn_to")):
        with monkeypatch.context() as patch:
            patch.setattr(module, name, die)
            ctx = JobContext(engines, reply["job"]["id"], actor="t", database_id=None, attempt=1)
            with pytest.raises(Killed):
                await work.run_load(ctx, reply["load"]["id"])
        assert await lists.in_clickhouse(list_id) == ["old"]
        assert await lists.values(list_id) == ["old"]
    await run_job(engines, reply["job"]["id"])
    load = await lists.get(f"/list-loads/{reply['load']['id']}")
    adds_up(load)
    assert (load["state"], load["counts"]["added"], load["counts"]["duplicates"]) == ("done", 1, 1)
    assert await lists.in_clickhouse(list_id) == ["new"]


async def test_two_uploads_at_once_and_calls_between_lose_nothing(lists: Lists) -> None:
    list_id = await lists.new("first")
    parts = [f"{n}\n".encode() for n in range(4)]
    files = [b"value\n" + b"".join(b"f%d-%s" % (f, part) for part in parts) for f in range(2)]
    replies = [await lists.upload(f"/value-lists/{list_id}/loads", f, column="value") for f in files]
    await asyncio.gather(
        *(run_job(lists.engines, r["job"]["id"]) for r in replies),
        *(lists.post(f"/value-lists/{list_id}/values", {"values": [f"call {n}", "f0-1", "f1-2"]}) for n in range(5)),
    )
    expected = ["first", *(f"f{f}-{n}" for f in range(2) for n in range(4)), *(f"call {n}" for n in range(5))]
    assert await lists.values(list_id) == sorted(expected)
    assert await lists.in_clickhouse(list_id) == sorted(expected)
    assert (await lists.get(f"/value-lists/{list_id}"))["size"] == len(expected)


async def test_a_cancelled_load_changes_nothing(
    lists: Lists, engines: Engines, monkeypatch: pytest.MonkeyPatch
) -> None:
    list_id = await lists.new("old")
    reply = await lists.upload(f"/value-lists/{list_id}/loads", b"value\nnew\n", column="value")

    async def stop(self: JobContext) -> None:
        raise Cancelled

    with monkeypatch.context() as patch:
        patch.setattr(JobContext, "check", stop)
        await run_job(engines, reply["job"]["id"])
    load = await lists.get(f"/list-loads/{reply['load']['id']}")
    assert load["state"] == "cancelled"
    assert await lists.in_clickhouse(list_id) == ["old"]
    again = await lists.post(f"/list-loads/{load['id']}/run", {}, 202)
    await run_job(engines, again["job"]["id"])
    assert await lists.in_clickhouse(list_id) == ["new", "old"]


def bomb() -> bytes:
    return gzip.compress(b"value\n" + b"0" * 80_000_000)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\xd0\xcf\x11\xe0" + b"x" * 100, "xls"),
        (b"PK\x03\x04" + b"x" * 100, "broken"),
        (b"<html><body>", "XML"),
        (bytes(range(32)) * 100, "text file"),
    ],
)
async def test_what_is_no_file_of_values_is_refused(lists: Lists, content: bytes, words: str) -> None:
    list_id = await lists.new()
    refused = await lists.upload(f"/value-lists/{list_id}/loads", content, 422)
    assert words in refused["detail"]


async def test_a_zip_bomb_fails_cleanly(lists: Lists) -> None:
    list_id = await lists.new("old")
    reply = await lists.api.post(
        f"/value-lists/{list_id}/loads", files={"file": ("a.gz", bomb())}, data={"column": "value", "mode": "replace"}
    )
    if reply.status_code == 202:
        await run_job(lists.engines, reply.json()["job"]["id"])
        load = await lists.get(f"/list-loads/{reply.json()['load']['id']}")
        assert load["state"] == "failed", load
        assert load["error"]
    else:
        assert reply.status_code == 422, reply.text
    assert await lists.in_clickhouse(list_id) == ["old"]


async def test_a_list_has_its_limit(lists: Lists, monkeypatch: pytest.MonkeyPatch) -> None:
    from fidelia.profiles.lists import work

    monkeypatch.setattr(work, "MAX_VALUES", 3)
    list_id = await lists.new("a", "b")
    load = await lists.load(f"/value-lists/{list_id}", b"value\nc\nd\n")
    assert load["state"] == "failed"
    assert "at most 3" in load["error"]
    assert await lists.in_clickhouse(list_id) == ["a", "b"]


async def test_a_load_whose_job_is_gone_has_failed(lists: Lists, engines: Engines) -> None:
    list_id = await lists.new("gone")
    done = await lists.load(f"/value-lists/{list_id}", b"value\na\n")
    async with engines.tx() as tx:
        await tx.execute(sa.text("update list_load set state = 'running' where id = :id"), {"id": done["id"]})
        await tx.execute(sa.text("delete from job where id = :id"), {"id": done["job_id"]})
    (shown,) = (await lists.get(f"/value-lists/{list_id}/loads"))["items"]
    assert (shown["state"], shown["error"]) == ("failed", "The job that did it is gone")


async def test_what_is_left_is_tidied_away(lists: Lists, engines: Engines) -> None:
    from datetime import timedelta

    from fidelia.kernel.clock import FixedClock
    from fidelia.profiles.lists.tasks import tidy

    list_id = await lists.new("old")
    await lists.load(f"/value-lists/{list_id}", b"value\nnew\n", mode="replace")

    async def tables() -> list[str]:
        async with engines.tx() as tx:
            rows = await (
                await (await tx.raw()).execute(
                    "select relname from pg_class where relkind = 'r' and relname ~ %s order by 1",
                    (f"^list_({list_id}_|stage_)",),
                )
            ).fetchall()
        return [row[0] for row in rows]

    assert len(await tables()) == 2
    await tidy(engines)
    assert len(await tables()) == 2  # somebody may still read the old one
    assert isinstance(engines.clock, FixedClock)
    now = engines.clock.now()
    engines.clock.set(now + timedelta(minutes=11))
    try:
        await tidy(engines)
    finally:
        engines.clock.set(now)
    assert len(await tables()) == 1
    assert await lists.values(list_id) == ["new"]


async def test_the_database_refuses_names_that_are_not_ours(engines: Engines) -> None:
    from fidelia.profiles.lists.store import ddl

    async with engines.tx() as tx:
        with pytest.raises(ValueError, match="holds no rows"):
            await ddl.drop_table(tx, "profile_1")
        with pytest.raises(ValueError, match="holds no rows"):
            await ddl.drop_table(tx, "list_1_1; drop table profile_database")
