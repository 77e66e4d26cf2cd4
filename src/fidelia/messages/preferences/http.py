"""Routes that hand out links to the preference centre."""

from __future__ import annotations

import msgspec
from litestar import Controller, get, post
from litestar.params import FromPath

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from . import links


class PageLink(msgspec.Struct, frozen=True):
    """The address of a page."""

    url: str


class PreferenceLinkController(Controller):
    """Links to the preference centre."""

    path = "/databases/{database_id:int}"
    tags = ("Consent",)

    @get("/preference-center/preview", opt={"right": "databases:read"}, summary="Link to a preview of the page")
    async def preview_link(self, tx: Tx, engines: Engines, database_id: FromPath[int]) -> PageLink:
        """Return a link to the page with made-up details; nothing can be saved there."""
        database = await profiles.get_database(tx, database_id)
        return PageLink(await links.sample_link(engines, database.id))

    @post(
        "/profiles/{profile_id:int}/preferences-link",
        status_code=200,
        opt={"right": "consent:update"},
        summary="Link to a person's preference centre",
    )
    async def person_link(
        self, tx: Tx, actor: Actor, engines: Engines, database_id: FromPath[int], profile_id: FromPath[int]
    ) -> PageLink:
        """Return a link to hand to this person; it shows their details, changes their consent and does not expire."""
        person = await profiles.get_profile(tx, database_id, profile_id)
        await audit(
            tx,
            actor,
            "profile.preferences_link",
            kind="profile",
            object_id=person["id"],
            name=f"profile {person['id']}",
        )
        return PageLink(await links.person_link(engines, database_id, person["id"]))
