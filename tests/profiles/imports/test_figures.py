"""The figures of imports open whom they count: equal now, and plain about who is gone since."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pyroaring import BitMap

from fidelia.access import Actor, create_token
from fidelia.kernel.clock import FixedClock
from fidelia.platform.engines import Engines
from fidelia.profiles import erase_profiles
from fidelia.profiles.imports import tasks, work

from .conftest import Importer, csv_bytes

SYSTEM = Actor.system()
HEAD = ["email", "first_name", "age"]


def rows(*people: tuple[str, str, Any]) -> bytes:
    return csv_bytes([HEAD, *people])


async def figure(importer: Importer, key: str, status: int = 200) -> Any:
    return await importer.get(f"/databases/{importer.database.id}/figures/{key}", status)


async def listed(importer: Importer, key: str, more: str = "") -> tuple[list[str], int]:
    """The addresses of everybody whom a figure counts, page by page, and the total that every page says."""
    found: list[str] = []
    totals, cursor = set(), ""
    while True:
        page = await importer.get(
            f"/databases/{importer.database.id}/profiles?figure={key}&columns=email&limit=2{more}{cursor}"
        )
        found += [p["email"] for p in page["items"]]
        totals.add(page["total"])
        if page["next_cursor"] is None:
            assert len(totals) == 1
            return found, totals.pop()
        cursor = f"&cursor={page['next_cursor']}"


async def test_each_figure_opens_as_many_as_it_says(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    await importer.load(rows(("ada@x.no", "Ada", 1), ("bo@x.no", "Bo", 2), ("cy@x.no", "Cy", 3)))
    monkeypatch.setattr(work, "CHUNK_ROWS", 2)  # the file's last rows are about people of its first ones
    done = await importer.load(
        rows(
            ("ada@x.no", "Ada", 1), ("bo@x.no", "Bo", 20), ("dan@x.no", "Dan", 4), ("eve@x.no", "Eve", 5),
            ("no address", "Fay", 6), ("dan@x.no", "Dan", 40), ("gus@x.no", "Gus", 7),
        ),
        name="second.csv",
    )  # fmt: skip
    counts, key = done["counts"], f"import:{done['id']}"
    assert done["people_known"] is True
    expected = {
        "created": ["dan@x.no", "eve@x.no", "gus@x.no"],
        "updated": ["bo@x.no"],
        "unchanged": ["ada@x.no"],
    }
    for name, people in expected.items():
        assert await listed(importer, f"{key}:{name}") == (people, counts[name])
        assert (await listed(importer, f"{key}:{name}", "&sort=-id"))[0] == people[::-1]
        assert (await listed(importer, f"{key}:{name}", "&sort=-email"))[0] == people[::-1]
        said = await figure(importer, f"{key}:{name}")
        assert (said["people"], said["counted"], said["only_less"]) == (len(people), counts[name], True)
    assert said["title"] == "In second.csv and left as they were"
    assert said["link"] == f"/databases/{importer.database.id}/imports/{done['id']}"
    assert (await listed(importer, f"{key}:all"))[1] == 5
    assert await listed(importer, f"{key}:created", "&q=eve") == (["eve@x.no"], 1)


async def test_who_is_erased_or_merged_since_is_said(importer: Importer) -> None:
    done = await importer.load(rows(*((f"p{n}@x.no", "P", n) for n in range(6))))
    key = f"import:{done['id']}:created"
    ids = [p["id"] for p in (await importer.people()).values()]
    async with importer.engines.tx() as tx:
        await erase_profiles(tx, SYSTEM, importer.database.id, ids[:2])
    reply = await importer.api.post(
        f"/databases/{importer.database.id}/profiles/merge", json={"destination": ids[2], "sources": [ids[3]]}
    )
    assert reply.status_code == 200, reply.text
    said = await figure(importer, key)
    assert (said["people"], said["counted"]) == (3, 6)
    assert (await listed(importer, key))[1] == 3
    # Nothing of them is left in what is stored.
    async with importer.engines.tx() as tx:
        stored = await (await tx.raw()).execute(
            "select people, created_people, updated_people from profile_import where id = %s", (done["id"],)
        )
        for kept in (await stored.fetchall())[0]:
            assert not BitMap.deserialize(kept) & BitMap([ids[0], ids[1], ids[3]])


async def test_who_goes_while_it_runs_is_not_kept(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK_ROWS", 3)
    real = work.bulk.ensure_search

    async def erase_meanwhile(engines: Engines, database_id: int) -> None:
        await real(engines, database_id)
        first = (await importer.people())["p0@x.no"]["id"]
        async with engines.tx() as tx:
            await erase_profiles(tx, SYSTEM, database_id, [first])

    monkeypatch.setattr(work.bulk, "ensure_search", erase_meanwhile)
    done = await importer.load(rows(*((f"p{n}@x.no", "P", n) for n in range(6))))
    said = await figure(importer, f"import:{done['id']}:created")
    assert (said["people"], said["counted"]) == (5, 6)


async def test_one_that_stopped_opens_what_it_did(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK_ROWS", 2)
    real = work._write_chunk

    async def failing(*args: Any) -> Any:
        if args[2].number == 1:
            raise RuntimeError("the disk is full")
        return await real(*args)

    monkeypatch.setattr(work, "_write_chunk", failing)
    made = await importer.upload(rows(*((f"p{n}@x.no", "P", n) for n in range(5))))
    assert made["people_known"] is False
    stopped = await importer.work(made["id"])
    assert (stopped["counts"]["created"], stopped["people_known"]) == (2, True)
    assert (await listed(importer, f"import:{made['id']}:created")) == (["p0@x.no", "p1@x.no"], 2)


async def test_whom_they_count_is_forgotten_in_time(importer: Importer, clock: FixedClock) -> None:
    done = await importer.load(rows(("ada@x.no", "Ada", 1)))
    clock.advance(timedelta(days=91))
    await tasks.tidy(importer.engines)
    assert (await importer.get(f"/imports/{done['id']}"))["people_known"] is False
    said = await figure(importer, f"import:{done['id']}:created", 404)
    assert said["detail"] == "Whom people.csv was about is not known any more"
    reply = await importer.get(f"/databases/{importer.database.id}/profiles?figure=import:{done['id']}:created", 422)
    assert reply["errors"][0]["pointer"] == "/figure"


@pytest.mark.parametrize(
    "key", ["import", "import:1", "import:0:created", "import:999999:created", "import:x:created", "import:1:rejected",
            "import:²:created", "nothing:1", ":", "import:99999999999999:created"]
)  # fmt: skip
async def test_a_figure_that_is_none(importer: Importer, key: str) -> None:
    await figure(importer, key, 404)
    await importer.get(f"/databases/{importer.database.id}/profiles?figure={key}", 422)


async def test_of_another_database_and_without_the_right(importer: Importer) -> None:
    done = await importer.load(rows(("ada@x.no", "Ada", 1)))
    made = await importer.api.post("/databases", json={"name": "another of figures"})
    await importer.get(f"/databases/{made.json()['id']}/figures/import:{done['id']}:created", 404)
    async with importer.engines.tx() as tx:
        token = await create_token(tx, SYSTEM, "stranger", (), rights=("profiles:read",))
    stranger = {"Authorization": f"Bearer {token.secret}"}
    path = f"/databases/{importer.database.id}"
    for asked in (f"figures/import:{done['id']}:created", f"profiles?figure=import:{done['id']}:created"):
        assert (await importer.api.get(f"{path}/{asked}", headers=stranger)).status_code == 403


async def test_rejected_and_repeated_rows_are_listed(importer: Importer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "CHUNK_ROWS", 3)
    bad = [("nobody", "No", "x") if n % 2 else (f"p{n % 6}@x.no", "P", n) for n in range(14)]
    done = await importer.load(rows(*bad), mapping={"email": "email", "age": "age"})
    for kind in ("rejected", "duplicates"):
        found: list[Any] = []
        cursor = ""
        while True:
            page = await importer.get(f"/imports/{done['id']}/rows?kind={kind}&limit=2{cursor}")
            assert page["total"] == done["counts"][kind]
            found += page["items"]
            if page["next_cursor"] is None:
                break
            cursor = f"&cursor={page['next_cursor']}"
        assert len(found) == done["counts"][kind] > 2
        assert [r["row"] for r in found] == sorted({r["row"] for r in found})
    # A row with several faults is one row.
    page = await importer.get(f"/imports/{done['id']}/rows?kind=rejected&limit=1")
    assert [f["column"] for f in page["items"][0]["faults"]] == ["age", "email"]
    assert page["items"][0]["faults"][1]["value"] == "nobody"


async def test_forgotten_rows_say_nothing_of_their_number(importer: Importer, clock: FixedClock) -> None:
    done = await importer.load(rows(("nobody", "No", 1)))
    clock.advance(timedelta(days=31))
    await tasks.tidy(importer.engines)
    page = await importer.get(f"/imports/{done['id']}/rows")
    assert (page["items"], page["next_cursor"], page["total"]) == ([], None, None)
