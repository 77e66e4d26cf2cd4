"""The ways that a run's mails take by a virtual sender: one outlet for each server, and who takes which."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NamedTuple

from fidelia.access import SecretError
from fidelia.platform.postgres import Tx

from ..channels.email.dkim import DkimSigner
from ..channels.email.outlet import EmailOutlet, Origin
from ..channels.email.smtp import SmtpServer
from ..domains import service as domains
from ..markup.model import Compiled
from ..model import Recipient, Run
from ..sending.port import CannotSend, Ways
from ..sending.routing import Route, Routing
from ..tracking.tokens import Signer
from . import rules, servers, store
from .model import SETTINGS_SERVER, MailServer, SenderShare, VirtualSender


class Place(NamedTuple):
    """Where the mails of a share go: the outlet's position, and the ledger's number for who they come from."""

    outlet: int
    sender: int


class SharedOut(Routing):
    """Sends each person's mails by the share that they fall to; domains with a speed of their own wait in own lines."""

    def __init__(
        self, chooser: rules.Chooser, places: Mapping[rules.Choice, Place], by_outlet: Sequence[MailServer]
    ) -> None:
        self._chooser = chooser
        self._places = places
        self._servers = by_outlet
        self._lines = [
            {rules.domain_of(name): n for n, group in enumerate(server.domain_rates, 1) for name in group.domains}
            for server in by_outlet
        ]

    def of(self, recipient: Recipient) -> Route:
        """Return the way of a recipient's mail."""
        place = self._places[self._chooser.choose(recipient.profile_id, recipient.contact)]
        lines = self._lines[place.outlet]
        line = lines.get(rules.domain_of(recipient.contact), 0) if lines else 0
        return Route(place.outlet, line, place.sender)

    def rates(self, outlet: int) -> Sequence[float]:
        """Return the messages a second to each group of domains."""
        return [group.rate for group in self._servers[outlet].domain_rates]

    def name(self, outlet: int) -> str:
        """Return the server's name."""
        return self._servers[outlet].name


async def ways(
    tx: Tx,
    run: Run,
    virtual: VirtualSender,
    templates: Sequence[Compiled],
    signer: Signer,
    own: Callable[[], Awaitable[SmtpServer]],
) -> Ways:
    """Return where a run's mails leave by; ``own`` gives the way to the server of the settings file.

    Raises:
        CannotSend: a server is switched off, or a secret cannot be read.
    """
    plan, smtp = run.plan, tx.engines.settings.smtp
    chooser = rules.Chooser(virtual.id, virtual.rules, plan.from_email)
    used = dict(chooser.used())
    ids = list(dict.fromkeys(share.sender_id for share in used.values()))
    chosen = await _servers(tx, virtual, ids)
    shares = list(used.values())
    by_origin = dict.fromkeys((s.sender_id, s.from_email, s.from_name, s.reply_to) for s in shares)
    told = [(server, email or plan.from_email, name, back) for server, email, name, back in by_origin]
    number = dict(zip(by_origin, await store.numbers(await tx.raw(), told), strict=True))
    outlets = []
    for server in chosen:
        mine = {number[_origin(s)]: s for s in shares if s.sender_id == server.id}
        origins = {
            no: Origin(s.from_email, s.from_name, s.reply_to, await signer_of(tx, s.from_email or plan.from_email))
            for no, s in mine.items()
        }
        outlets.append(
            EmailOutlet(
                await own() if server.builtin else await _way(tx, server),
                run,
                templates,
                signer,
                connections=server.connections,
                rate=server.rate,
                return_domain=smtp.return_path_domain,
                origins=origins,
            )
        )
    places = {choice: Place(ids.index(s.sender_id), number[_origin(s)]) for choice, s in used.items()}
    return Ways(outlets, SharedOut(chooser, places, chosen))


async def signer_of(tx: Tx, from_email: str) -> DkimSigner | None:
    """Return what signs mails from an address; raise :class:`CannotSend` when its key cannot be read."""
    try:
        return await domains.signer_of(tx, from_email)
    except SecretError as exc:  # unsigned mail would be taken for a forgery
        text = f"Mails cannot be signed: {exc}. Put the key file back, or switch the key off, then resume"
        raise CannotSend(text) from exc


def _origin(share: SenderShare) -> tuple[int, str, str, str]:
    return share.sender_id, share.from_email, share.from_name, share.reply_to


async def _servers(tx: Tx, virtual: VirtualSender, ids: Sequence[int]) -> list[MailServer]:
    known = await store.servers(tx, ids)
    found = [servers.of_settings(tx.engines.settings) if no == SETTINGS_SERVER else known[no] for no in ids]
    for server in found:
        if not server.active:
            text = f"The mail server {server.name}, which {virtual.name} uses, is switched off"
            raise CannotSend(f"{text}. Switch it on, or take it out there, then resume")
    return found


async def _way(tx: Tx, server: MailServer) -> SmtpServer:
    try:
        return servers.way_to(tx.engines, server, await store.password(tx, server.id))
    except SecretError as exc:
        text = f"The password of the mail server {server.name} cannot be read: {exc}"
        raise CannotSend(f"{text}. Put the key file back, or enter it again, then resume") from exc
