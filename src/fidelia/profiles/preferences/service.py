"""The preference centre of a database: its settings, and what the page of a person holds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, Problem, invalid
from fidelia.kernel.paging import PageRequest
from fidelia.platform.postgres import Tx

from .. import rules
from ..fields import Database
from ..merge import store as merge_store
from ..merge.model import Person
from ..model import Resource, Subscription
from ..service.consent import as_resource
from ..service.databases import get_database
from ..service.profiles import get_profile
from ..service.subscriptions import list_subscriptions
from ..store import consent as consent_store
from . import store
from .model import (
    LANGUAGES,
    MAX_FIELDS,
    CenterField,
    Choice,
    ChoiceState,
    PersonPage,
    PreferenceCenter,
    can_edit,
    can_show,
)

#: Shown on the page of a database where nobody has set anything.
_DEFAULT = ("first_name", "last_name")
_STATES: dict[str, ChoiceState] = {"unconfirmed": "unconfirmed", "unsubscribed": "unsubscribed"}


async def preference_center(tx: Tx, database_id: int) -> PreferenceCenter:
    """Return the page's settings; raise 404. Without any, names are shown and can be changed."""
    database = await get_database(tx, database_id)
    found = await store.find(await tx.raw(), database_id)
    if found is None:
        fields = [CenterField(name, True) for name in _DEFAULT]
        return PreferenceCenter(database_id=database_id, title="", logo_text="", intro="", language="en", fields=fields)
    names = {field.column: field for field in database.fields}
    fields = [CenterField(names[f["column"]].name, bool(f["editable"])) for f in found[4] if f.get("column") in names]
    return PreferenceCenter(
        database_id=database_id,
        title=found[0],
        logo_text=found[1],
        intro=found[2],
        language=found[3],
        fields=fields,
    )


async def set_preference_center(tx: Tx, actor: Actor, wanted: PreferenceCenter) -> PreferenceCenter:
    """Store the page's settings; raise 404, 422 with what cannot be."""
    database = await get_database(tx, wanted.database_id)
    errors: list[FieldError] = []
    for name, limit in (("title", 100), ("logo_text", 60), ("intro", 1000)):
        errors += rules.text_errors(getattr(wanted, name), f"/{name}", limit)
    if wanted.language not in LANGUAGES:
        errors.append(FieldError("/language", f"The page speaks: {', '.join(LANGUAGES)}"))
    errors += _field_errors(database, wanted.fields)
    if errors:
        raise invalid(*errors)
    before = await preference_center(tx, database.id)
    stored = [{"column": database.by_name[f.name].column, "editable": f.editable} for f in wanted.fields]
    texts = (wanted.title.strip(), wanted.logo_text.strip(), wanted.intro.strip(), wanted.language)
    await store.save(await tx.raw(), database.id, texts, stored, tx.now)
    after = await preference_center(tx, database.id)
    await audit(
        tx,
        actor,
        "database.preference_center",
        kind="database",
        object_id=database.id,
        name=database.name,
        before=before,
        after=after,
    )
    return after


def _field_errors(database: Database, fields: Sequence[CenterField]) -> list[FieldError]:
    if len(fields) > MAX_FIELDS:
        return [FieldError("/fields", f"The page shows {MAX_FIELDS} fields at most")]
    errors = []
    seen: set[str] = set()
    for n, shown in enumerate(fields):
        field = database.field(shown.name)
        if field is None:
            errors.append(FieldError(f"/fields/{n}/name", f"There is no field {shown.name[:100]!r} in this database"))
        elif not can_show(field):
            errors.append(FieldError(f"/fields/{n}/name", f"{field.label or field.name} cannot be shown on the page"))
        elif shown.editable and not can_edit(field):
            errors.append(FieldError(f"/fields/{n}/editable", f"{field.label or field.name} can only be shown"))
        if shown.name in seen:
            errors.append(FieldError(f"/fields/{n}/name", "This field stands here twice"))
        seen.add(shown.name)
    return errors


# -- a person's page -------------------------------------------------------------------------------------------------


async def present_person(tx: Tx, database_id: int, profile_id: int) -> tuple[int, int]:
    """Return the (database, profile) that somebody is now: merged people lead to whom they became."""
    who = Person(database_id, profile_id)
    now = (await merge_store.became(await tx.raw(), [who])).get(who, who)
    return now.database_id, now.profile_id


async def person_page(tx: Tx, database_id: int, profile_id: int) -> PersonPage | None:
    """Return what the page of somebody holds, or ``None`` when there is nobody (any more)."""
    database_id, profile_id = await present_person(tx, database_id, profile_id)
    try:
        database = await get_database(tx, database_id)
        row = await get_profile(tx, database_id, profile_id)
    except Problem as exc:
        if exc.status != 404:
            raise
        return None
    if row["status"] == "deleted":
        return None
    center = await preference_center(tx, database_id)
    fields = [field for shown in center.fields if (field := database.field(shown.name)) is not None and can_show(field)]
    left = row["status"] == "unsubscribed"
    return PersonPage(
        database_id=database_id,
        profile_id=profile_id,
        version=row["version"],
        language=language_of(row.get("language"), center.language),
        email=row.get("email"),
        left_everything=left,
        center=center,
        fields=fields,
        values={field.name: row.get(field.name) for field in fields},
        choices=await _choices(tx, database_id, profile_id, left=left),
    )


def language_of(own: Any, default: str) -> str:
    """Return the language of a page: the person's own when the page speaks it, else the database's."""
    tag = str(own or "").lower().replace("_", "-").split("-")[0]
    return tag if tag in LANGUAGES else default


async def _choices(tx: Tx, database_id: int, profile_id: int, *, left: bool) -> list[Choice]:
    found = await list_subscriptions(tx, PageRequest(limit=500), database_id, profile_id=profile_id)
    groups: dict[tuple[int, str], list[Subscription]] = {}
    for item in found.items:
        groups.setdefault((item.resource_id, item.channel), []).append(item)
    rows = await consent_store.resources_by_id(tx, {resource_id for resource_id, _ in groups})
    known = {id_: as_resource(row) for id_, row in rows.items()}
    made = [
        _choice(known[resource_id], channel, held, left=left)
        for (resource_id, channel), held in groups.items()
        if resource_id in known and known[resource_id].archived_at is None
    ]
    return sorted(made, key=lambda choice: (choice.name.casefold(), choice.channel))


def _choice(resource: Resource, channel: str, held: Sequence[Subscription], *, left: bool) -> Choice:
    """Tell the state of several contacts as one: what is active counts before what rests, waits or has ended."""
    active = [s for s in held if s.status == "subscribed"]
    state: ChoiceState
    shown = sorted(held, key=lambda s: -s.priority)[0]
    until = None
    if active and all(s.paused_until for s in active):
        state, shown, until = "paused", active[0], min(s.paused_until for s in active if s.paused_until)
    elif active:
        state, shown = "subscribed", active[0]
    else:
        waiting = [s for s in held if s.status == "unconfirmed"]
        ended = [s for s in held if s.status == "unsubscribed"]
        shown = (waiting or ended or [shown])[0]
        state = _STATES.get(shown.status, "blocked")
    if left and state in ("subscribed", "paused"):
        state, until = "unsubscribed", None  # their own status stops it
    return Choice(
        resource_id=resource.id,
        name=resource.name,
        description=resource.description,
        channel=channel,
        contact=shown.contact,
        state=state,
        paused_until=until,
    )
