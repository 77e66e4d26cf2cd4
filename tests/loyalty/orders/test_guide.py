"""The guide that connects a till is followed word for word: its commands, by bash and curl, against a real server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import socket
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import uvicorn

from fidelia.access import Actor, create_token
from fidelia.platform.engines import Engines
from tests.application import application
from tests.conftest import alive

GUIDE = (Path(__file__).parents[3] / "docs/guide/tills.md").read_text(encoding="utf-8")
#: Stands for anything; a key of that name says that there is more.
MORE = "…"
#: What the page says a till needs.
RIGHTS = ("market:read", "market:create", "market:update", "loyalty:read")
#: Every answer ends with a line of its own that holds the status.
CURLRC = 'silent\nshow-error\nwrite-out = "\\n%{http_code}\\n"\n'


class Step(NamedTuple):
    """A block of the page: what to type, and the answer that is shown, if there is one."""

    typed: str
    status: int | None
    answer: Any


class _Server(uvicorn.Server):
    """One that leaves signals to whoever runs the tests."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def steps(text: str) -> list[Step]:
    """Read a part of the page: blocks with answers have one command and, after an arrow, status and JSON."""
    found = []
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE):
        typed, arrow, shown = block.partition("\n→ ")
        if not arrow:
            found.append(Step(typed, None, None))
            continue
        status, _, answer = shown.partition(" ")
        answer = re.sub(r"…(?=\s*})", f'"{MORE}": 0', answer)
        found.append(Step(typed, int(status), json.loads(answer)))
    return found


def differences(shown: Any, got: Any, at: str = "") -> list[str]:
    """Return where an answer is another one than is shown; what the page leaves out may be anything."""
    if isinstance(shown, dict) and isinstance(got, dict):
        here = {key: value for key, value in shown.items() if key != MORE}
        found = [f"{at}/{key} is not told of" for key in got if key not in shown and MORE not in shown]
        found += [f"{at}/{key} is missing" for key in here if key not in got]
        return found + [d for key in here if key in got for d in differences(here[key], got[key], f"{at}/{key}")]
    if isinstance(shown, list) and isinstance(got, list):
        if len(shown) != len(got):
            return [f"{at} has {len(got)} items"]
        return [d for n, (a, b) in enumerate(zip(shown, got, strict=True)) for d in differences(a, b, f"{at}/{n}")]
    return [] if shown == got else [f"{at} is {got!r}, not {shown!r}"]


@pytest.fixture
async def url(engines: Engines) -> AsyncIterator[str]:
    """The address of a server in this process, on a free port."""
    with application(engines) as app, socket.create_server(("127.0.0.1", 0)) as listening:
        async with alive(app):
            server = _Server(uvicorn.Config(app, lifespan="off", access_log=False, log_config=None))
            serving = asyncio.create_task(server.serve([listening]))
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
            server.should_exit = True
            await serving


async def run(typed: str, env: dict[str, str]) -> list[tuple[int, Any]]:
    """Type it into bash; return status and body of each answer."""
    shell = await asyncio.create_subprocess_exec(
        "bash", "-euc", typed, env=env, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, wrong = await shell.communicate()
    assert shell.returncode == 0, f"{typed}\n{wrong.decode()}"
    parts = re.split(r"^(\d{3})$\n?", out.decode(), flags=re.MULTILINE)
    return [
        (int(status), json.loads(body) if body.strip() else None)
        for body, status in zip(parts[::2], parts[1::2], strict=False)
    ]


async def test_a_till_is_connected_as_the_page_says(engines: Engines, url: str, tmp_path: Path) -> None:
    (tmp_path / ".curlrc").write_text(CURLRC)
    async with engines.tx() as tx:
        owner = (await create_token(tx, Actor.system(), "owner", ["owner"])).secret
        till = (await create_token(tx, Actor.system(), "till", rights=RIGHTS)).secret
    setting_up, at_the_till = (steps(part) for part in GUIDE.split("\n## 1. "))
    prelude = re.sub("(?m)^export (URL|TOKEN)=.*\n", "", setting_up[0].typed)
    env = {"PATH": os.environ["PATH"], "CURL_HOME": str(tmp_path), "URL": url, "NO_PROXY": "*"}
    assert sum(step.status is not None for step in at_the_till) >= 8
    for token, part in ((owner, setting_up[1:]), (till, at_the_till)):
        for step in part:
            typed = f"{prelude}\n{step.typed}"
            answers = await run(typed, env | {"TOKEN": token})
            assert len(answers) == step.typed.count("curl "), step.typed
            for status, body in answers:
                assert status == step.status or (step.status is None and status < 300), f"{typed}\n{status} {body}"
                assert (body or {}).get("rejected", 0) == 0, body
                assert step.status is None or differences(step.answer, body) == [], step.typed
            if "/commit " in step.typed and step.status == 200:  # as the page says: again, and nothing is doubled
                again = await run(typed, env | {"TOKEN": token})
                assert again == [(200, answers[0][1] | {"repeated": True})]


def test_answers_are_compared() -> None:
    assert differences({"a": 1, MORE: 0}, {"a": 1, "b": 2}) == []
    assert differences({"a": {"b": "1"}}, {"a": {"b": "2"}}) == ["/a/b is '2', not '1'"]
    assert differences({"a": 1}, {"a": 1, "b": 2}) == ["/b is not told of"]
    assert differences([1], [1, 2]) == [" has 2 items"]
