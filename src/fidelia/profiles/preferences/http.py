"""Routes of a preference centre's settings."""

from __future__ import annotations

from typing import Annotated

import msgspec
from litestar import Controller, get, put
from litestar.params import FromPath

from fidelia.access import Actor
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..fields import Database
from ..http.databases import Text
from ..service.databases import get_database
from . import service
from .model import LANGUAGES, CenterField, PreferenceCenter, can_edit, can_show


class PreferenceCenterIn(Body, frozen=True):
    """The whole of a page's settings. ``fields`` in their order; empty texts are the page's own words."""

    title: Text
    logo_text: Text
    intro: Text
    language: Text
    fields: Annotated[list[CenterField], msgspec.Meta(max_length=1000)]


class CenterFieldOut(msgspec.Struct, frozen=True):
    """A field of the database as the page may use it; ``shown`` and ``editable`` say whether it does."""

    name: str
    label: str
    type: str
    can_edit: bool
    shown: bool
    editable: bool


class PreferenceCenterOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page's settings, with every field that it could show: the shown ones first, in the page's order."""

    database_id: int
    title: str
    logo_text: str
    intro: str
    language: str
    languages: list[str]
    fields: list[CenterFieldOut]


class PreferenceCenterController(Controller):
    """What people see and change of themselves."""

    path = "/databases/{database_id:int}/preference-center"
    tags = ("Consent",)

    @get("/", opt={"right": "databases:read"}, summary="Read the preference centre's settings")
    async def read_preference_center(self, tx: Tx, database_id: FromPath[int]) -> PreferenceCenterOut:
        """Return the settings, and every field that the page could show."""
        return _out(await get_database(tx, database_id), await service.preference_center(tx, database_id))

    @put(
        "/",
        dto=Strict[PreferenceCenterIn],
        return_dto=None,
        opt={"right": "databases:update"},
        summary="Set up the preference centre",
    )
    async def set_preference_center(
        self, tx: Tx, actor: Actor, database_id: FromPath[int], data: PreferenceCenterIn
    ) -> PreferenceCenterOut:
        """Store title, logo text, language and fields of the page."""
        wanted = PreferenceCenter(
            database_id=database_id,
            title=data.title,
            logo_text=data.logo_text,
            intro=data.intro,
            language=data.language,
            fields=data.fields,
        )
        made = await service.set_preference_center(tx, actor, wanted)
        return _out(await get_database(tx, database_id), made)


def _out(database: Database, center: PreferenceCenter) -> PreferenceCenterOut:
    chosen = {field.name: field.editable for field in center.fields}
    order = [*chosen, *(field.name for field in database.fields if field.name not in chosen)]
    fields = [database.by_name[name] for name in order if can_show(database.by_name[name])]
    return PreferenceCenterOut(
        database_id=database.id,
        title=center.title,
        logo_text=center.logo_text,
        intro=center.intro,
        language=center.language,
        languages=list(LANGUAGES),
        fields=[
            CenterFieldOut(f.name, f.label or f.name, f.type, can_edit(f), f.name in chosen, chosen.get(f.name, False))
            for f in fields
        ],
    )
