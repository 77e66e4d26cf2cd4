"""``fidelia import`` and ``fidelia demo``: bringing data in."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from .batches import import_rows
from .common import CliError, Config, Data, note, say
from .connect import Api, platform
from .moving import import_segments
from .progress import follow


class Kind(StrEnum):
    """What the rows of a file are."""

    profiles = "profiles"
    products = "products"
    orders = "orders"
    events = "events"
    segments = "segments"


class Mode(StrEnum):
    """What happens to rows that exist, and to those that do not."""

    upsert = "upsert"
    add = "add"
    update = "update"


def import_file(
    kind: Annotated[Kind, typer.Argument(help="What the rows are")],
    file: Annotated[
        Path,
        typer.Argument(
            exists=True, dir_okay=False, readable=True, help="csv, tsv, xlsx, jsonl; zip, gz; of segments json"
        ),
    ],
    database: Annotated[
        str | None, typer.Option("--database", metavar="NAME", help="Profile database, by name or id")
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option(
            "--map", metavar="COLUMN=FIELD", help="Column → field, of segments KIND:THEIRS=OURS; may be repeated"
        ),
    ] = None,
    matching: Annotated[str, typer.Option(help="Field by which rows find their profile")] = "email",
    mode: Annotated[Mode, typer.Option(help="Change and add, only add, or only change")] = Mode.upsert,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Segments: say what would be made, and make nothing")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Segments: write the report here, as JSON")
    ] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Import a file. Refused rows are told with their reasons and do not keep the others from being imported.

    Segments are definitions of another platform: --map database:5=shop says that its database 5 is shop here, and so
    on for segment, resource, mailing, template, field and domains (a group of mail domains, with commas).
    """
    if kind is not Kind.segments:
        if dry_run or report is not None:
            raise typer.BadParameter("Only for segments", param_hint="--dry-run" if dry_run else "--report")
        if database is None:
            raise typer.BadParameter("Say which database the rows go to", param_hint="--database")
        _import_rows(kind, file, database, mapping or [], matching, mode, data, config)
        return
    if database is not None:
        raise typer.BadParameter("Of segments, say --map database:THEIRS=NAME", param_hint="--database")
    with platform(data, config) as api:
        ours = {key: int(d["id"]) for d in api.items("/databases") for key in (d["name"], str(d["id"]))}
        import_segments(api, file, ours, mapping or [], dry_run=dry_run, report=report)


def _import_rows(
    kind: Kind, file: Path, name: str, mapping: list[str], matching: str, mode: Mode, data: Data, config: Config
) -> None:
    columns = dict(_pair(text) for text in mapping)
    with platform(data, config) as api:
        database_id = int(_database(api, name)["id"])
        if kind is Kind.profiles:
            counts = _import_profiles(api, file, database_id, columns, matching, mode)
        else:
            counts = import_rows(api, kind.value, file, database_id, columns, matching)
    say("  ".join(f"{name} {count:,}" for name, count in counts.items()))
    rejected = counts.pop("rejected", 0)
    if rejected and not any(count for name, count in counts.items() if name != "rows"):
        raise CliError("Every row was refused")


def _import_profiles(
    api: Api, file: Path, database_id: int, columns: dict[str, str], matching: str, mode: Mode
) -> dict[str, int]:
    fields = {"matching": matching, "mode": mode.value, "run": "true"}
    if columns:
        fields |= {"mapping": msgspec.json.encode(columns).decode(), "others": "guess"}
    with file.open("rb") as opened:
        reply = api.upload(f"/databases/{database_id}/imports", opened, file.name, fields)
    result = follow(api, reply["job"])
    if result.get("rejected"):
        note(f"The refused rows, with the reasons: {api.url}/api/v1/imports/{result['import_id']}/rejected.csv")
    return {name: count for name, count in result.items() if isinstance(count, int) and name != "import_id"}


def demo(
    small: Annotated[bool, typer.Option("--small", help="Two hundred households instead of 2,469")] = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Load a real retailer's data into this installation; a repeat changes nothing."""
    with platform(data, config, create=True) as api:
        result = follow(api, api.post("/demo", {"small": small})["job"])
        say(
            f"{result['households']:,} households, {result['orders']:,} orders, {result['lines']:,} lines, "
            f"{result['segments']} segments"
        )


def _pair(text: str) -> tuple[str, str]:
    column, sign, field = text.partition("=")
    if not sign or not column or not field:
        raise typer.BadParameter(f"{text!r} is not COLUMN=FIELD", param_hint="--map")
    return column, field


def _database(api: Api, name: str) -> dict[str, Any]:
    found = list(api.items("/databases"))
    for database in found:
        if database["name"] == name or str(database["id"]) == name:
            return database
    raise CliError(f"There is no database {name!r}. There are: {', '.join(d['name'] for d in found) or 'none'}")
