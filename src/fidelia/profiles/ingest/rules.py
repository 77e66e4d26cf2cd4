"""Decides what each row of a batch means, as if the rows came one after another. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ..matching import Matching, tags_of
from .model import Batch, Mode, RowError


class Known(msgspec.Struct):
    """What the database says about a batch. ``matched``: who has each key (of modes with two, each of them).
    ``owners``: per unique field, who has each value that the batch brings. ``current``: per unique field, the present
    values of those whom the batch changes. ``tags``: their present tags when keys are combinations of tags.
    """

    matched: Mapping[Any, list[int]]
    owners: Mapping[str, Mapping[Any, int]] = {}
    current: Mapping[str, Mapping[int, Any]] = {}
    tags: Mapping[int, Iterable[str]] = {}


class Decisions(msgspec.Struct):
    """``targets``: per row the profile's id, a negative number for a new profile (the same number for rows about the
    same one), 0 when rejected. ``rounds``: rows of a round can be written together, changes before new profiles.
    """

    targets: list[int]
    rounds: list[int]
    errors: list[RowError]

    @property
    def last_round(self) -> int:
        """Return the number of the last round."""
        return max(self.rounds, default=0)


def decide(batch: Batch, mode: Mode, how: Matching, known: Known) -> Decisions:
    """Say for each row whose profile it is, or why it is rejected.

    A value of a unique field belongs to one profile at a time: a row that wants another's value is rejected, unless an
    earlier row of the batch has freed it; such a row goes into a later round.
    """
    if not batch.uniques and batch.lists is None and how.second is None:
        return _simple(batch, mode, how, known)
    return _Sequence(batch, mode, how, known).run()


def _verdict(found: Iterable[int], mode: Mode, lacking: str, how: Matching) -> str | None:
    """Return why a row with these matches cannot be taken, if so."""
    ids = sorted(found)
    if len(ids) > 1:
        some = ", ".join(str(i) for i in ids[:5] if i > 0)
        which = f" ({some})" if some else ""
        return f"{len(ids)} profiles have this {how.said}{which}; it must be one"
    if ids and mode == "add":
        return f"A profile with this {how.said} exists already" + (f" ({ids[0]})" if ids[0] > 0 else "")
    if not ids and (mode == "update" or not how.may_add):
        return f"No profile has this {how.said}"
    if not ids and lacking:
        return f"A new profile needs a value for {', '.join(lacking.split())}"
    return None


def _said(name: str) -> str:
    return {"email": "e-mail address", "phones": "phone number", "profile_id": "id"}.get(name, name)


def _field_of(verdict: str, name: str, lacking: str) -> str:
    return lacking.split(maxsplit=1)[0] if verdict.startswith("A new profile needs") else name


def _text(value: Any) -> str:
    return "" if value is None else str(value).replace("\x1f", " ").strip()


def _simple(batch: Batch, mode: Mode, how: Matching, known: Known) -> Decisions:
    errors: list[RowError] = []
    targets: list[int] = []
    matched, lacking = known.matched, batch.lacking
    plain = mode == "upsert" and lacking is None and how.may_add
    for place, key in enumerate(batch.keys):
        ids = matched.get(key)
        if plain and (ids is None or len(ids) == 1):
            targets.append(ids[0] if ids else -place - 1)
            continue
        needs = lacking[place] if lacking else ""
        verdict = _verdict(ids or (), mode, needs, how)
        if verdict is None:
            targets.append(ids[0] if ids else -place - 1)
        else:
            targets.append(0)
            errors.append(RowError(batch.rows[place], _field_of(verdict, how.name, needs), verdict, _text(key)))
    return Decisions(targets, [0] * len(targets), errors)


class _Sequence:
    """Follows who owns what while the rows are taken in order."""

    def __init__(self, batch: Batch, mode: Mode, how: Matching, known: Known) -> None:
        self.batch = batch
        self.mode = mode
        self.how = how
        self.people: dict[Any, set[int]] = {key: set(ids) for key, ids in known.matched.items()}
        self.owners = {name: dict(known.owners.get(name, {})) for name in batch.uniques}
        self.current = {name: dict(known.current.get(name, {})) for name in batch.uniques}
        self.tagged: dict[str, set[int]] = {}
        for person, tags in known.tags.items():
            self._tag(person, tags)
        self.freed: dict[tuple[str, Any], int] = {}
        self.last: dict[int, int] = {}

    def run(self) -> Decisions:
        """Take every row."""
        targets: list[int] = []
        rounds: list[int] = []
        errors: list[RowError] = []
        for place in range(len(self.batch.rows)):
            target, round_, error = self.take(place)
            targets.append(target)
            rounds.append(round_)
            if error is not None:
                errors.append(error)
        return Decisions(targets, rounds, errors)

    def take(self, place: int) -> tuple[int, int, RowError | None]:
        """Take one row."""
        batch = self.batch
        key, row = batch.keys[place], batch.rows[place]
        lacking = batch.lacking[place] if batch.lacking else ""
        found = self._found(key)
        verdict = _verdict(found, self.mode, lacking, self.how)
        if verdict is not None:
            return 0, 0, RowError(row, _field_of(verdict, self.how.name, lacking), verdict, _text(key))
        target = next(iter(found)) if found else -place - 1
        wanted = {name: values[place] for name, values in batch.uniques.items() if values[place] is not None}
        for name, value in wanted.items():
            owner = self.owners[name].get(value)
            if owner is not None and owner != target:
                who = f"Another profile ({owner})" if owner > 0 else f"Row {batch.rows[-owner - 1]}"
                return 0, 0, RowError(row, name, f"{who} has this {_said(name)} already", _text(value))
        round_ = self._round(target, wanted, is_new=not found)
        self._apply(place, target, wanted, round_)
        return target, round_, None

    def _found(self, key: Any) -> set[int]:
        found: set[int] = set().union(*(self.people.get(part, ()) for part in self.how.parts(key)))
        if self.how.combines:
            found |= set.intersection(*(self.tagged.get(tag, set()) for tag in tags_of(key)))
        return found

    def _tag(self, person: int, tags: Iterable[str]) -> None:
        for tag in tags:
            self.tagged.setdefault(tag, set()).add(person)

    def _round(self, target: int, wanted: Mapping[str, Any], *, is_new: bool) -> int:
        after = self.last.get(target, -1) + 1
        for name, value in wanted.items():
            freed = self.freed.get((name, value))
            if freed is not None:
                after = max(after, freed if is_new else freed + 1)
        return after

    def _apply(self, place: int, target: int, wanted: Mapping[str, Any], round_: int) -> None:
        batch = self.batch
        cleared = {batch.columns[n] for n in batch.clears[place]} if batch.clears else set()
        for name in batch.uniques:
            value = wanted.get(name)
            if value is None and name not in cleared:
                continue
            before = self.current[name].get(target)
            if before is not None and before != value:
                self.owners[name].pop(before, None)
                self.freed[name, before] = round_
            self.current[name][target] = value
            if value is not None:
                self.owners[name][value] = target
        self.last[target] = round_
        if self.how.combines:
            self._tag(target, (batch.lists[place] if batch.lists else None) or ())
            return
        for item in {*self.how.parts(batch.keys[place]), *((batch.lists[place] if batch.lists else None) or ())}:
            self.people.setdefault(item, set()).add(target)
