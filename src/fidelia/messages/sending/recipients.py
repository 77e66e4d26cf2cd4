"""Who is written to right now: leased people with their present address, consent and values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pyroaring import BitMap

from fidelia import profiles
from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from ..content import segments as content_segments
from ..markup.model import Compiled
from ..markup.refers import IN_SEGMENT
from ..model import Plan, Recipient, Run
from ..ports import further_roots, gates
from .values import plain_values

#: Why somebody is left out at the last moment, for a person.
WORDS = {
    "control_group": "In the global control group",
    "campaign_over": "The campaign is over",
    "not_in_campaign": "Not in the campaign",
    "campaign_control": "In the campaign's control group",
    "not_found": "The profile is gone",
    "status": "The profile's status does not allow mails",
    "not_subscribed": "Not subscribed any more",
    "not_waiting": "Does not wait for a confirmation any more",
    "expired": "The time to confirm is over",
    "paused": "Has paused these mails",
    "no_address": "No e-mail address any more",
    "suppressed": "On a stop list",
}
#: The same where messages go by another channel than e-mail.
_ELSEWHERE = {
    "status": "The profile's status does not allow messages",
    "paused": "Has paused these messages",
    "no_address": "No contact in this channel any more",
}


async def load(
    tx: Tx, engines: Engines, run: Run, compiled: Compiled, ids: Sequence[int]
) -> tuple[dict[int, Recipient], dict[int, str]]:
    """Return who of a run's people can be written to, with their values, and why the others cannot, by profile.

    Gates, consent and stop lists are looked at again: somebody may have left since the audience was made. A run that
    asks to confirm passes no gates: it goes to those who wait for it.
    """
    if run.plan.confirms:
        contacts, requests, refused = await _asked(tx, run, ids)
    else:
        contacts, refused = await _willing(tx, engines, run.database_id, run.plan, ids)
        requests = {}
    values = await read_values(tx, run.database_id, compiled, list(contacts))
    extra: dict[str, Mapping[int, Mapping[str, Any]]]
    extra = await further_roots(tx, run.database_id, run.plan, list(contacts), compiled.uses)
    if content_segments.wanted(compiled.uses):
        extra[IN_SEGMENT] = await content_segments.of(tx, run.id, compiled.uses, list(contacts))
    recipients = {}
    for profile, contact in contacts.items():
        roots: dict[str, dict[str, Any]] = {
            "profile": values.get(profile, {"id": profile}),
            "subscription": {"contact": contact, "email": contact, "channel": run.plan.channel},
        }
        for root, found in extra.items():
            roots[root] = dict(found.get(profile, {}))
        recipients[profile] = Recipient(profile, contact, roots, request_id=requests.get(profile, 0))
    return recipients, refused


async def _willing(
    tx: Tx, engines: Engines, database_id: int, plan: Plan, ids: Sequence[int]
) -> tuple[dict[int, str], dict[int, str]]:
    people, kept_out = BitMap(ids), dict[str, BitMap]()
    for gate in gates(engines):
        for reason, some in (await gate(tx, database_id, plan, people)).items():
            kept_out[reason] = some & people
            people = people - some
    who = await profiles.sendable(tx, database_id, people, plan.resource_id, plan.channel, plan.suppression_lists)
    left_out = [*kept_out.items(), *who.excluded.items()]
    words = WORDS if plan.channel == "email" else {**WORDS, **_ELSEWHERE}
    return dict(who.rows), {profile: words.get(reason, reason) for reason, some in left_out for profile in some}


async def _asked(tx: Tx, run: Run, ids: Sequence[int]) -> tuple[dict[int, str], dict[int, int], dict[int, str]]:
    found = {asked.profile_id: asked for asked in await profiles.asked_by(tx, run.database_id, run.id, ids)}
    refused = {i: WORDS["not_waiting"] for i in ids if i not in found}
    refused |= {i: WORDS.get(a.refused, a.refused) for i, a in found.items() if a.refused is not None}
    ready = {i: asked for i, asked in found.items() if asked.refused is None}
    return {i: a.contact for i, a in ready.items()}, {i: a.request_id for i, a in ready.items()}, refused


async def read_values(tx: Tx, database_id: int, compiled: Compiled, ids: Sequence[int]) -> dict[int, dict[str, Any]]:
    """Return the values that a template uses, by profile."""
    database = await profiles.get_database(tx, database_id)
    used = {use.split(".")[1] for use in compiled.uses if use.startswith("profile.")}
    known = {field.name for field in database.fields}
    columns = sorted(known if "profile" in compiled.uses else used & known)
    rows = await profiles.read_many(tx, database_id, ids, columns)
    return {row["id"]: plain_values(row) for row in rows}
