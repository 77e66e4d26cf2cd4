"""What points add to conditions: ``loyalty.club.points.stars.active|pending``, and ``loyalty.lots`` row by row.

The moment stands in the expressions, so that points lapse there by time, and kept answers with them. It moves in steps
of ten seconds: whoever asks twice within one gets the kept answer.
"""

from __future__ import annotations

from datetime import UTC, datetime

from fidelia.conditions import Field, Link, Option, Subject, Vocabulary
from fidelia.platform.postgres import Tx

from ..programs import PointType, Program, point_types, programs

CATEGORY = "Loyalty"
_STEP = 10


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what points of a database's programs offer to conditions; nothing while there are none."""
    subjects: list[Subject] = []
    links: list[Link] = []
    kinds: list[tuple[Program, PointType]] = []
    moment = _moment(tx.now)
    for program in await programs(tx, database_id=database_id):
        for kind in (await point_types(tx, program.id)).values():
            kinds.append((program, kind))
            subject = _points(program, kind, moment)
            subjects.append(subject)
            links.append(
                Link(
                    name=subject.name,
                    to=subject.name,
                    key="profile",
                    single=True,
                    live=True,
                    label=f"{program.name}: {kind.name}",
                    category=CATEGORY,
                )
            )
    if not kinds:
        return Vocabulary()
    subjects.append(_lots(database_id, kinds, moment))
    links.append(Link(name="loyalty.lots", to="lot", key="profile", label="Points that came in", category=CATEGORY))
    return Vocabulary(subjects=tuple(subjects), links=tuple(links), categories=(CATEGORY,))


def step_of(now: datetime) -> int:
    """Return the number of the step that a moment is in: as long as it lasts, the expressions stay as they are."""
    return int(now.astimezone(UTC).timestamp()) // _STEP


def _moment(now: datetime) -> str:
    return f"fromUnixTimestamp64Milli({step_of(now) * _STEP * 1000}, 'UTC')"


def _points(program: Program, kind: PointType, moment: str) -> Subject:
    name = f"loyalty.{program.external_id}.points.{kind.key}"
    said = f"{program.name}: {kind.name}"
    started = f"arraySum(x -> if(tupleElement(x, 2) <= {moment} and tupleElement(x, 3) > {moment}, x.1, 0), lots)"
    waiting = f"arraySum(x -> if(tupleElement(x, 2) > {moment} and tupleElement(x, 3) > {moment}, x.1, 0), lots)"
    return Subject(
        name=name,
        label=said,
        table=f"pt_{program.database_id}",
        id="profile",
        where=f"type = {kind.id}",
        one="account",
        many="accounts",
        fields=(
            Field(
                name=f"{name}.active",
                type="decimal",
                label=f"{said}, active",
                sql=f"toDecimal64(greatest({started} - debt, 0), 4)",
                category=CATEGORY,
                nullable=False,
            ),
            Field(
                name=f"{name}.pending",
                type="decimal",
                label=f"{said}, not active yet",
                sql=f"toDecimal64({waiting}, 4)",
                category=CATEGORY,
                nullable=False,
            ),
        ),
    )


def _lots(database_id: int, kinds: list[tuple[Program, PointType]], moment: str) -> Subject:
    def field(name: str, type_: str, label: str, sql: str, *, nullable: bool = False, **more: object) -> Field:
        return Field(
            name=f"lot.{name}",
            type=type_,
            label=label,
            sql=sql,
            category=CATEGORY,
            live=False,
            nullable=nullable,
            **more,  # type: ignore[arg-type]
        )

    keys = [f"{program.external_id}.{kind.key}" for program, kind in kinds]
    cases = ", ".join(f"type = {kind.id}, '{key}'" for key, (_, kind) in zip(keys, kinds, strict=True))
    options = tuple(
        Option(key, f"{program.name}: {kind.name}") for key, (program, kind) in zip(keys, kinds, strict=True)
    )
    return Subject(
        name="lot",
        label="Points that came in",
        table=f"lots_{database_id}",
        where=f"remaining > 0 AND (isNull(expires_at) OR expires_at > {moment})",
        time="lot.active_from",
        one="lot",
        many="lots",
        fields=(
            field("points", "enum", "Points", f"multiIf({cases}, '')", options=options),
            field("amount", "decimal", "Points that came in", "amount"),
            field("remaining", "decimal", "Points left", "remaining"),
            field("active_from", "datetime", "Active from", "active_from"),
            field("expires_at", "datetime", "Lapse at", "expires_at", nullable=True),
        ),
    )
