"""What messages need from capabilities above them; ``wiring`` fills these in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .model import Mailing, Plan

#: Loads one root of templates for some people of a database who get a mailing (0: nobody in particular): values by
#: profile, a missing value has no key.
RootLoader = Callable[[Tx, int, Plan, Sequence[int]], Awaitable[Mapping[int, Mapping[str, Any]]]]
#: Name of the port that maps a root (``loyalty``, ``market``, ``campaign``) to its loader.
TEMPLATE_ROOTS = "messages.template_roots"
#: Says who of the selected people must not get a mailing, by reason (``control_group``); asked before consent.
Gate = Callable[[Tx, int, Plan, BitMap], Awaitable[Mapping[str, BitMap]]]
#: Name of the port that lists the gates every mailing passes.
RECIPIENT_GATES = "messages.recipient_gates"
#: Told whom a mailing of a campaign is about to be aimed at, before the gates are asked: who is new may be taken in.
Admission = Callable[[Tx, int, Plan, BitMap], Awaitable[None]]
#: Name of the port that lists the admissions.
ADMISSIONS = "messages.admissions"
#: Says, in a sentence, why a mailing of a campaign cannot be started now; ``None`` when it can.
Hold = Callable[[Tx, Mailing], Awaitable[str | None]]
#: Name of the port with that one function.
CAMPAIGN_HOLD = "messages.campaign_hold"
#: Says what is to be thought of before a campaign's mailing is aimed at some people, in sentences; changes nothing.
Notes = Callable[[Tx, Mailing, BitMap], Awaitable[Sequence[str]]]
#: Name of the port with that one function.
CAMPAIGN_NOTES = "messages.campaign_notes"


class Converted(NamedTuple):
    """Somebody did what a message of a mailing led to."""

    mailing_id: int
    profile_id: int
    kind: Literal["goal", "order"]


#: Told which conversions were given to messages of a database, in the transaction that keeps them.
Conversions = Callable[[Tx, int, Sequence[Converted]], Awaitable[None]]
#: Name of the port that lists who is told.
CONVERTED = "messages.converted"


async def further_roots(
    tx: Tx, database_id: int, plan: Plan, people: Sequence[int], uses: Collection[str] | None = None
) -> dict[str, Mapping[int, Mapping[str, Any]]]:
    """Return the roots that other capabilities fill, each by profile: those of ``uses``, or all there are.

    A root that nobody fills is empty, and what uses it blocks its recipients.
    """
    loaders: Mapping[str, RootLoader] = tx.engines.ports.get(TEMPLATE_ROOTS, {})
    named = None if uses is None else {use.partition(".")[0] for use in uses}
    return {
        root: await load(tx, database_id, plan, people)
        for root, load in loaders.items()
        if named is None or root in named
    }


def gates(engines: Engines) -> Sequence[Gate]:
    """Return the gates; refuse when ``wiring`` has not said which there are, so that no audience widens in silence."""
    found: Sequence[Gate] = engines.port(RECIPIENT_GATES)
    return found


async def admit(tx: Tx, database_id: int, plan: Plan, people: BitMap) -> None:
    """Tell those who take people into campaigns whom a run is aimed at; nothing for a mailing of no campaign."""
    if plan.campaign_id is None or not people:
        return
    admissions: Sequence[Admission] = tx.engines.port(ADMISSIONS)
    for admission in admissions:
        await admission(tx, database_id, plan, people)


async def held_by_campaign(tx: Tx, mailing: Mailing) -> str | None:
    """Return why a mailing's campaign keeps it from being started; ``None`` when it does not, or there is none."""
    if mailing.campaign_id is None:
        return None
    hold: Hold = tx.engines.port(CAMPAIGN_HOLD)
    return await hold(tx, mailing)


async def campaign_notes(tx: Tx, mailing: Mailing, people: BitMap) -> Sequence[str]:
    """Return what a mailing's campaign gives to think about before it is aimed at some people."""
    notes: Notes | None = tx.engines.ports.get(CAMPAIGN_NOTES)
    return () if mailing.campaign_id is None or notes is None else await notes(tx, mailing, people)


async def tell_converted(tx: Tx, database_id: int, converted: Sequence[Converted]) -> None:
    """Tell who wants to know of conversions."""
    told: Sequence[Conversions] = tx.engines.ports.get(CONVERTED, ())
    for tell in told if converted else ():
        await tell(tx, database_id, converted)
