"""The meaning of an upsert, written row by row: what the engine's statements must give as well."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from fidelia.profiles import Database, read_value
from fidelia.profiles.ingest.model import CONSENT

Person = dict[str, Any]


@dataclass
class Model:
    """People by id."""

    database: Database
    people: dict[int, Person] = field(default_factory=dict)
    last: int = 0

    def upsert(
        self, items: list[dict[str, Any]], matching: str, mode: str, *, raise_consent: bool
    ) -> list[tuple[str, int | None]]:
        key_name = "phones" if matching == "phone" else matching
        read = [self._read(item) for item in items]
        results: list[tuple[str, int | None]] = [("rejected", None)] * len(items)
        winner: dict[Any, int] = {}
        for n, row in enumerate(read):
            if row is not None and (key := self._key(row, key_name)) is not None:
                if any(f.required and f.name in row and row[f.name] is None for f in self.database.fields):
                    read[n] = None
                    continue
                if key in winner:
                    earlier = read[winner[key]]
                    assert earlier is not None
                    read[n] = {**earlier, **row}
                winner[key] = n
        for key, n in sorted(winner.items(), key=lambda pair: pair[1]):
            results[n] = self._take(key, read[n] or {}, key_name, mode, raise_consent=raise_consent)
        for n, row in enumerate(read):
            key = self._key(row, key_name) if row is not None else None
            if key is not None and winner[key] != n:
                status, profile = results[winner[key]]
                results[n] = ("rejected" if status == "rejected" else "unchanged", profile)
        return results

    def _read(self, item: dict[str, Any]) -> Person | None:
        row: Person = {}
        for name, value in item.items():
            if name == "profile_id":
                row[name] = value
                continue
            try:
                row[name] = read_value(self.database.by_name[name], value)
            except (ValueError, KeyError):
                return None
        return row

    @staticmethod
    def _key(row: Person, name: str) -> Any:
        value = row.get(name)
        if name == "likes":
            return frozenset(value) if value else None
        return value[0] if isinstance(value, list) else value

    def _found(self, key: Any, name: str) -> list[int]:
        if name == "profile_id":
            return [key] if key in self.people else []
        return [
            i
            for i, person in self.people.items()
            if (
                key in (person.get(name) or [])
                if name == "phones"
                else key <= set(person.get(name) or [])
                if name == "likes"
                else person.get(name) == key
            )
        ]

    def _take(self, key: Any, row: Person, name: str, mode: str, *, raise_consent: bool) -> tuple[str, int | None]:
        found = self._found(key, name)
        if len(found) > 1 or (found and mode == "add") or (not found and (mode == "update" or name == "profile_id")):
            return "rejected", None
        row = {k: v for k, v in row.items() if k != "profile_id"}
        if row.get("status", "") is None:
            del row["status"]
        if not found and any(f.required and row.get(f.name) is None for f in self.database.fields):
            return "rejected", None
        target = found[0] if found else None
        for unique in (f.name for f in self.database.fields if f.unique and f.name != name):
            value = row.get(unique)
            if value is not None and any(p.get(unique) == value for i, p in self.people.items() if i != target):
                return "rejected", None
        if target is None:
            self.last += 1
            self.people[self.last] = {"status": "subscribed", **{k: v for k, v in row.items() if v is not None}}
            return "created", self.last
        person = self.people[target]
        before = dict(person)
        if name in ("phones", "likes") and row.get(name) is not None:
            had = person.get(name) or []
            row[name] = ([*had, *(x for x in row[name] if x not in had)])[:20]
        status = row.get("status")
        if status is not None and not raise_consent and CONSENT[status] > CONSENT[person["status"]]:
            del row["status"]
        person.update(row)
        self.people[target] = {k: v for k, v in person.items() if v is not None}
        return ("unchanged" if self.people[target] == before else "updated"), target
