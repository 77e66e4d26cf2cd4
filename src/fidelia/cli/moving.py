"""``fidelia import segments``: definitions of another platform become segments here, with a report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import typer

from .common import CliError, say
from .connect import Api

#: What ``--map KIND:THEIRS=OURS`` may speak of, and where it goes.
KINDS = {
    "database": "databases",
    "segment": "segments",
    "resource": "resources",
    "mailing": "mailings",
    "template": "templates",
    "field": "fields",
    "domains": "domain_groups",
}
_LISTS = ("segments", "data", "result", "items")
_SIGNS = {"converted": "made", "proposed": "split", "refused": "not made", "unreadable": "unreadable"}


def import_segments(
    api: Api, file: Path, databases: dict[str, int], mapping: list[str], *, dry_run: bool, report: Path | None
) -> None:
    """Send a file's definitions and print what became of each; ``report`` gets the whole answer as JSON."""
    maps = read_maps(mapping, databases)
    body = {"definitions": definitions(file.read_bytes()), "maps": maps, "dry_run": dry_run}
    answer = api.post("/segments/import", body)
    if report is not None:
        report.write_bytes(msgspec.json.format(msgspec.json.encode(answer), indent=2))
    for item in answer["items"]:
        for line in told(item):
            say(line)
    counts = [f"{answer[outcome]} {word}" for outcome, word in _SIGNS.items() if answer[outcome]]
    say(("Would be: " if dry_run else "") + ", ".join(counts))
    if answer["items"] and not answer["converted"]:
        raise CliError("Not one segment could be made")


def told(item: dict[str, Any]) -> list[str]:
    """Return the lines about one definition."""
    became = item["became"]
    if became is None:
        result = _SIGNS[item["outcome"]]
    else:
        result = became["type"] + (f" #{became['id']}" if became["id"] is not None else "")
    lines = [f"{item['id'] if item['id'] is not None else '?'}  {item['name']}  {item['was'] or '?'} → {result}"]
    if item["sentence"]:
        lines.append(f"    {item['sentence']}")
    for part in item["parts"]:
        lines.append(f"    with: {part['name']}")
    for lost in item["lost"]:
        lines.append("    lost: " + ": ".join(text for text in (lost["where"], lost["rule"], lost["why"]) if text))
    for proposal in item["proposals"]:
        lines.append(f"    proposed: {proposal['name']} ({proposal['type']})")
    return [*lines, *(f"    note: {note}" for note in item["notes"])]


def definitions(content: bytes) -> list[dict[str, Any]]:
    """Read a file's definitions: a list, one definition, or an answer of the other platform that holds them."""
    try:
        read = msgspec.json.decode(content)
    except msgspec.DecodeError as exc:
        raise CliError(f"The file is not JSON: {exc}") from None
    if isinstance(read, dict):
        inner = next((read[key] for key in _LISTS if isinstance(read.get(key), list | dict)), None)
        # A definition has rules of its own under "segment"; an answer has definitions under one of these keys.
        read = inner if inner is not None and "segment" not in read else read
    found = read if isinstance(read, list) else [read]
    if not found or not all(isinstance(item, dict) for item in found):
        raise CliError("The file holds no definitions of segments")
    return found


def read_maps(mapping: list[str], databases: dict[str, int]) -> dict[str, Any]:
    """Read ``--map KIND:THEIRS=OURS``; ``databases`` are ours, by name and by number."""
    maps: dict[str, Any] = {}
    for text in mapping:
        left, sign, ours = text.rpartition("=")
        kind, colon, theirs = left.partition(":")
        if not sign or not colon or not theirs or not ours or kind not in KINDS:
            raise typer.BadParameter(
                f"{text!r} is not KIND:THEIRS=OURS, with a kind of {', '.join(KINDS)}", param_hint="--map"
            )
        value: Any = ours
        if kind == "database":
            if ours not in databases:
                raise CliError(f"There is no database {ours!r}. There are: {', '.join(databases) or 'none'}")
            value = databases[ours]
        elif kind == "domains":
            value = [domain.strip() for domain in ours.split(",") if domain.strip()]
        elif kind != "field":
            if not ours.isdigit():
                raise typer.BadParameter(f"{ours!r} is not a number", param_hint="--map")
            value = int(ours)
        maps.setdefault(KINDS[kind], {})[theirs] = value
    return maps
