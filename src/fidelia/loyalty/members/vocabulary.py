"""What members add to conditions: who is in a program, since when, and on which level.

A program's facts are a single row of a person: ``loyalty.club.joined_at``, ``loyalty.club.levels.status``.
"""

from __future__ import annotations

from fidelia.conditions import Field, Link, MembershipKind, Option, Subject, Vocabulary
from fidelia.platform.postgres import Tx

from .. import programs
from ..programs import LevelGroup, Program
from .projection import BASE

CATEGORY = "Loyalty"


async def vocabulary(tx: Tx, database_id: int) -> Vocabulary:
    """Return what programs of a database offer to conditions; nothing while it has none."""
    found = await programs.programs(tx, database_id=database_id)
    if not found:
        return Vocabulary()
    subjects, links = [], []
    for program in found:
        subject = _subject(program, await programs.level_groups(tx, program.id))
        subjects.append(subject)
        links.append(
            Link(
                name=subject.name,
                to=subject.name,
                key="profile",
                single=True,
                live=True,
                label=program.name,
                category=CATEGORY,
            )
        )
    kind = MembershipKind(
        key="program",
        label="Loyalty program",
        names={program.id: program.name for program in found},
        past=True,
        entered="loyalty.joined",
        property="program",
        base=BASE,
    )
    return Vocabulary(subjects=tuple(subjects), links=tuple(links), memberships=(kind,), categories=(CATEGORY,))


def _subject(program: Program, groups: list[LevelGroup]) -> Subject:
    name = f"loyalty.{program.external_id}"
    levels = tuple(
        Field(
            name=f"{name}.levels.{group.key}",
            type="enum",
            label=f"{program.name}: {group.name}",
            sql=f"nullIf(levels[{group.id}], '')",
            category=CATEGORY,
            options=tuple(Option(level.key, level.name) for level in group.levels),
        )
        for group in groups
    )
    joined = Field(
        name=f"{name}.joined_at",
        type="datetime",
        label=f"{program.name}: member since",
        sql="joined_at",
        category=CATEGORY,
        nullable=False,
    )
    return Subject(
        name=name,
        label=program.name,
        table=f"m_{program.database_id}",
        id="profile",
        where=f"program = {program.id}",
        one="membership",
        many="memberships",
        fields=(joined, *levels),
    )
