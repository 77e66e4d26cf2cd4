"""E-mail as an outlet: one mail server, its connections, and the composers of a run's templates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from ...markup.model import Compiled
from ...model import Plan, Run
from ...sending.desk import Desk
from ...tracking.tokens import Signer
from .compose import Composer, Composers
from .dkim import DkimSigner
from .lane import Lane
from .smtp import SmtpServer


class Origin(msgspec.Struct, frozen=True):
    """Who mails come from, where it is not whom the run's plan says; empty parts are the plan's."""

    from_email: str = ""
    from_name: str = ""
    reply_to: str = ""
    dkim: DkimSigner | None = None

    def within(self, plan: Plan) -> Plan:
        """Return the plan with mails from here."""
        parts = {name: value for name in ("from_email", "from_name", "reply_to") if (value := getattr(self, name))}
        return msgspec.structs.replace(plan, **parts)


class EmailOutlet:
    """A mail server that takes a run's mails; ``templates`` are the mailing's own and then its variants'.

    ``origins`` says by the ledger's numbers of senders who mails come from; without any, they all come from whom the
    plan says, signed by ``dkim``.

    Raises ``ValueError`` for a sender that may not stand in a header.
    """

    def __init__(
        self,
        server: SmtpServer,
        run: Run,
        templates: Sequence[Compiled],
        signer: Signer,
        *,
        connections: int = 10,
        rate: float = 0,
        dkim: DkimSigner | None = None,
        return_domain: str = "",
        origins: Mapping[int, Origin] | None = None,
    ) -> None:
        known = origins or {0: Origin(dkim=dkim)}
        self.makers = [
            Composers(
                {
                    no: Composer(
                        origin.within(run.plan), made, signer, run.id, origin.dkim, n, return_domain=return_domain
                    )
                    for no, origin in known.items()
                }
            )
            for n, made in enumerate(templates)
        ]
        self.connections = connections
        self.rate = rate
        self._server = server

    async def lane(self, desk: Desk) -> None:
        """Keep one connection busy with the desk's mails."""
        await Lane(desk, self._server).run()
