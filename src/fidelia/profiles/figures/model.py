"""What a figure is to those who show it, and to the capability that counted it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from pyroaring import BitMap

from fidelia.access import Actor
from fidelia.platform.postgres import Tx

#: Stands for any value of a field.
ANY = object()


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a figure counts, as the capability that counted them knows it.

    They are ``people``, or those who have a value in a field: ``having`` is the field's name and the value, ``ANY`` or
    ``None`` for nothing. ``sure``: all of ``people`` are there now, none has been erased or merged. ``counted`` is what
    the figure says, null where it is always that of now; ``as_of`` when it was counted. ``only_less``: people can only
    be gone since then, none can have come.
    """

    title: str
    link: str
    people: BitMap | None = None
    sure: bool = True
    having: tuple[str, Any] | None = None
    counted: int | None = None
    as_of: datetime | None = None
    only_less: bool = True


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a figure counts: ``people`` of them are there now.

    ``counted`` is what the figure said ``as_of`` a moment, null where it is that of now. ``only_less``: people can only
    have been erased or merged since, none can have come. ``link`` is the page where the figure stands.
    """

    key: str
    title: str
    link: str
    people: int
    counted: int | None
    as_of: datetime | None
    only_less: bool


#: Tells whom a figure of its kind counts: what stands behind the kind in ``import:5:created`` comes split. Raises 403
#: for an actor who may not see the figure, 404 when there is none such, or it is no longer known whom it counted.
Source = Callable[[Tx, Actor, int, Sequence[str]], Awaitable[Counted]]
#: Sources by kind.
FIGURES = "profiles.figures"
