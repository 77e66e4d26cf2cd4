"""Whom a trigger promotion is for: its condition asked about many people, whose facts are read at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from pyroaring import BitMap

from fidelia import conditions, profiles, segments
from fidelia.conditions import Checked, Facts
from fidelia.platform.postgres import Tx

from ..checks import Scope
from ..facts import loyalty_facts


class Audience:
    """People with all that a condition asks of them; what it says of somebody holds until something is learned."""

    def __init__(
        self,
        tx: Tx,
        scope: Scope,
        checked: Checked | None,
        fields: Mapping[int, dict[str, Any]],
        lists: Mapping[int, BitMap],
    ) -> None:
        self._tx = tx
        self._scope = scope
        self._checked = checked
        self._fields = fields
        self._lists = lists
        self._told: dict[int, bool] = {}
        #: The fields of points and levels that it asks for: only these may change while a promotion works.
        self.asks = frozenset() if checked is None else frozenset(_loyal(checked))

    def fits(self, profile_id: int) -> bool:
        """Tell whether somebody meets the condition as things stand."""
        if self._checked is None:
            return True
        if profile_id not in self._told:
            inside = {id_: profile_id in people for id_, people in self._lists.items()}
            facts = Facts(fields=self._fields.get(profile_id, {}), segments=inside)
            self._told[profile_id] = conditions.evaluate(self._checked, facts, self._tx.now, self._scope.timezone)
        return self._told[profile_id]

    def learn(self, profile_id: int, fields: Mapping[str, Any]) -> None:
        """Take note of what has changed about somebody."""
        if fields:
            self._fields[profile_id].update(fields)
            self._told.pop(profile_id, None)


async def audience(tx: Tx, scope: Scope, checked: Checked | None, people: Collection[int]) -> Audience:
    """Read what a condition asks of members; what they have cannot change meanwhile, their rows are locked."""
    fields: dict[int, dict[str, Any]] = {id_: {} for id_ in people}
    lists: dict[int, BitMap] = {}
    if checked is not None and people:
        names = {
            name.removeprefix("profile.").split("[")[0].split(".")[0]
            for name in checked.references.fields
            if name.startswith("profile.")
        }
        if names:
            for found in await profiles.read_many(tx, scope.program.database_id, people, sorted(names)):
                fields[found["id"]].update(found)
        if loyal := _loyal(checked):
            for id_, known in (await loyalty_facts(tx, scope.program, scope.types.values(), people, loyal)).items():
                fields[id_].update(known)
        lists = {id_: await segments.members(tx, id_) for id_ in checked.references.segments}
    return Audience(tx, scope, checked, fields, lists)


def _loyal(checked: Checked) -> list[str]:
    return [name for name in checked.references.fields if name.startswith("loyalty.")]
