"""Figures of a field: how many have a value in it, or one value of few (a source of figures)."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.access import Actor
from fidelia.kernel.errors import not_found
from fidelia.platform.postgres import Tx

from ..fields import STATUSES
from ..service.databases import get_database
from .model import ANY, Counted


async def counted(tx: Tx, actor: Actor, database_id: int, parts: Sequence[str]) -> Counted:
    """Return who has a value (``city:any``) or none (``city:none``) in a field, or a status (``status:bounced``).

    Raises 404.
    """
    database = await get_database(tx, database_id)
    name, which = parts if len(parts) == 2 else ("", "")
    field = database.field(name)
    link = f"/databases/{database_id}"
    if field is not None and which in ("any", "none"):
        label = field.label or field.name.replace("_", " ").capitalize()
        title = f"{label} has a value" if which == "any" else f"{label} is empty"
        return Counted(title=title, link=link, having=(name, ANY if which == "any" else None))
    if name == "status" and which in STATUSES:
        return Counted(title=f"Status is {which}", link=link, having=(name, which))
    raise not_found("Figure", ":".join(("field", *parts)))
