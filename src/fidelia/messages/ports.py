"""What messages need from capabilities above them; ``wiring`` fills these in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Literal, NamedTuple, Protocol

from pyroaring import BitMap

from fidelia.platform.engines import Engines
from fidelia.platform.postgres import Tx

from .model import Mailing, MessageKey, Plan

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


#: Values by root: what is laid over the roots that a message has.
Values = Mapping[str, Mapping[str, Any]]


class Handed(NamedTuple):
    """What messages hand out, by message; why others get none."""

    values: Mapping[MessageKey, Values]
    refused: Mapping[MessageKey, str]


class HandOut(Protocol):
    """Something of which each recipient gets one of their own, such as a promo code.

    ``wanted`` tells whether a template shows any. ``give`` takes them: the same message of a run gets the same again.
    ``given`` only looks at what was given; ``examples`` are to look at, for everybody alike, and take nothing;
    ``notes`` says in sentences what is to be thought of before so many people get some.
    """

    def wanted(self, uses: Collection[str]) -> bool:
        """Tell whether a template shows any of it."""
        ...

    async def give(
        self, tx: Tx, database_id: int, run_id: int, keys: Collection[MessageKey], uses: Collection[str]
    ) -> Handed:
        """Give each message its own."""
        ...

    async def given(self, tx: Tx, database_id: int, run_id: int, key: MessageKey, uses: Collection[str]) -> Values:
        """Return what a message was given."""
        ...

    async def examples(self, tx: Tx, database_id: int) -> Values:
        """Return something to look at."""
        ...

    async def notes(self, tx: Tx, database_id: int, uses: Collection[str], people: int) -> Sequence[str]:
        """Return what is to be thought of before so many people get some."""
        ...


#: Name of the port that lists what is handed out.
HANDOUTS = "messages.handouts"


async def further_roots(
    tx: Tx, database_id: int, plan: Plan, people: Sequence[int], uses: Collection[str] | None = None
) -> dict[str, Mapping[int, Mapping[str, Any]]]:
    """Return the roots that other capabilities fill, each by profile: those of ``uses``, or all there are.

    A root that nobody fills is empty, and what uses it blocks its recipients. Without ``uses`` it is to look at only:
    examples stand where messages hand something out.
    """
    loaders: Mapping[str, RootLoader] = tx.engines.ports.get(TEMPLATE_ROOTS, {})
    named = None if uses is None else {use.partition(".")[0] for use in uses}
    found = {
        root: await load(tx, database_id, plan, people)
        for root, load in loaders.items()
        if named is None or root in named
    }
    if uses is None:
        shown = await handout_examples(tx, database_id)
        for root, values in shown.items():
            own = found.get(root, {})
            found[root] = {person: {**own.get(person, {}), **values} for person in people}
    return found


async def handout_examples(tx: Tx, database_id: int) -> dict[str, dict[str, Any]]:
    """Return, by root, something to look at where messages hand something out."""
    found: dict[str, dict[str, Any]] = {}
    for handout in handouts(tx.engines):
        found = laid_over(found, await handout.examples(tx, database_id))
    return found


def handouts(engines: Engines) -> Sequence[HandOut]:
    """Return everything that messages may hand out."""
    found: Sequence[HandOut] = engines.ports.get(HANDOUTS, ())
    return found


def laid_over(roots: Mapping[str, Mapping[str, Any]], values: Values) -> dict[str, dict[str, Any]]:
    """Return roots with values that were handed out laid over them."""
    whole = {root: dict(own) for root, own in roots.items()}
    for root, more in values.items():
        whole[root] = {**whole.get(root, {}), **more}
    return whole


async def hand_out(
    tx: Tx, database_id: int, run_id: int, keys: Collection[MessageKey], uses: Collection[str]
) -> Handed:
    """Give messages what their template hands out; who gets a part of it only gets no message."""
    values: dict[MessageKey, dict[str, dict[str, Any]]] = {key: {} for key in keys}
    refused: dict[MessageKey, str] = {}
    for handout in handouts(tx.engines):
        if handout.wanted(uses) and values:
            handed = await handout.give(tx, database_id, run_id, list(values), uses)
            refused |= handed.refused
            values = {key: laid_over(own, handed.values[key]) for key, own in values.items() if key in handed.values}
    return Handed(values, refused)


async def handed_to(
    tx: Tx, database_id: int, run_id: int, key: MessageKey, uses: Collection[str]
) -> dict[str, dict[str, Any]]:
    """Return, by root, what a message was given to hand out."""
    found: dict[str, dict[str, Any]] = {}
    for handout in handouts(tx.engines):
        if handout.wanted(uses):
            found = laid_over(found, await handout.given(tx, database_id, run_id, key, uses))
    return found


async def handout_notes(tx: Tx, database_id: int, uses: Collection[str], people: int) -> list[str]:
    """Return what is to be thought of before so many people get what a template hands out."""
    found: list[str] = []
    for handout in handouts(tx.engines):
        if handout.wanted(uses):
            found += await handout.notes(tx, database_id, uses, people)
    return found


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
