"""Placements and slots as frozen values."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec

#: The channel of placements: where a person is met, not where they can be written to.
CHANNEL = "site"
MAX_SHOWS = 1_000
MAX_PRIORITY = 100
#: An audience is worked out afresh so often at most, and once a day at least where it is at all.
MIN_REFRESH, MAX_REFRESH = 5, 24 * 60
MAX_WIDTH = 4_000
MAX_FALLBACK = 100_000
Told = Literal["shown", "closed", "unseen"]


class Placement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where a placement is shown and how often, as it is stored with the mailing.

    ``ends_at``: not served from then on. ``refresh_minutes``: how often its audience is worked out afresh, 0 for once
    when it starts. Of several in one slot the highest ``priority`` is shown. Somebody sees it ``max_shows`` times, null
    for as often as they come; ``until_clicked``: not again after a click; ``closable``: with a button to close it, and
    not again after that.
    """

    slot_id: int | None = None
    ends_at: datetime | None = None
    refresh_minutes: int = 0
    priority: int = 0
    max_shows: int | None = None
    until_clicked: bool = False
    closable: bool = False


class Slot(msgspec.Struct, frozen=True, kw_only=True):
    """A place on a site. ``key`` names it in the pages; ``domains`` of those of the site's key, all when empty.

    ``width`` in pixels is a hint for previews; ``fallback`` is HTML for who gets nothing else, the page's own content
    stays without it. ``by_link``: who came by a link of a mail is known here too. ``live`` placements fill it now,
    ``mailing_count`` use it and are not archived.
    """

    id: int
    database_id: int
    key: str
    name: str
    description: str
    domains: list[str]
    width: int | None
    fallback: str
    by_link: bool
    live: int
    mailing_count: int
    created_at: datetime
    updated_at: datetime


class SlotUse(msgspec.Struct, frozen=True):
    """A placement of a slot."""

    mailing_id: int
    name: str
    state: str


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """A site that visitors can be signed for: a browser key with its domains, and since when it has a secret."""

    key_id: int
    database_id: int
    name: str
    key: str
    domains: list[str]
    secret_since: datetime | None
    former_until: datetime | None


class SiteSecret(msgspec.Struct, frozen=True):
    """A new secret, told this once."""

    secret: str
    former_until: datetime | None


class Visitor(msgspec.Struct, frozen=True):
    """Whom a site's signature names: a profile, or whoever has an external id."""

    profile_id: int = 0
    external_id: str = ""


class Live(msgspec.Struct, frozen=True):
    """A placement that is live in a slot, as far as it is the same for everybody."""

    run_id: int
    priority: int
    version: int
    ends_at: datetime | None


class Seen(msgspec.Struct, frozen=True):
    """What one person has done with a placement. ``shows`` counts rights to see it that are still held, too;
    ``reserved``: a frequency policy has counted it."""

    shows: int = 0
    clicked: bool = False
    closed: bool = False
    reserved: bool = False


class PlacementReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a report says of a placement only. ``live``: served at this moment; ``shows`` is how often it was seen,
    ``closed`` by how many people it was closed."""

    slot_id: int
    slot_name: str
    live: bool
    ends_at: datetime | None
    shows: int
    closed: int
    refreshed_at: datetime | None
    next_refresh_at: datetime | None


Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
