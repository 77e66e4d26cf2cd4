"""The actor: who does something, and what they may do."""

from __future__ import annotations

from typing import Literal

import msgspec

from fidelia.kernel.errors import Problem, forbidden

from .rules import ALL_RIGHTS, RIGHTS, granting

Kind = Literal["user", "token", "system", "cli"]


class Actor(msgspec.Struct, frozen=True):
    """Who does something. ``id`` is the user's or token's; ``address`` is where the request came from."""

    kind: Kind
    id: int | None
    name: str
    rights: frozenset[str] = frozenset()
    address: str | None = None

    @property
    def key(self) -> str:
        """Return a text that is the same for the same actor, such as ``user:3``."""
        return self.kind if self.id is None else f"{self.kind}:{self.id}"

    def may(self, right: str) -> bool:
        """Tell whether the actor holds a right, written ``area:verb``."""
        return right in self.rights

    def require(self, right: str) -> None:
        """Raise 403 naming the right, and the roles that would grant it, unless the actor holds it."""
        if right not in self.rights:
            raise missing_right(right)

    @staticmethod
    def system(name: str = "Fidelia") -> Actor:
        """Return the platform itself, with every right."""
        return Actor("system", None, name, ALL_RIGHTS)

    @staticmethod
    def cli(name: str = "Command line") -> Actor:
        """Return the person at the command line of this machine, with every right."""
        return Actor("cli", None, name, ALL_RIGHTS)


def missing_right(right: str) -> Problem:
    """Return the refusal of somebody who lacks a right."""
    return forbidden(
        f"This needs the right {right} ({RIGHTS.get(right, right)}). "
        f"Roles that grant it: {', '.join(granting(right))}. An owner can give you one."
    )
