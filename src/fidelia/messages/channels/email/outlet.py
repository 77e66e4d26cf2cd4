"""E-mail as an outlet: one mail server, its connections, and the composers of a run's templates."""

from __future__ import annotations

from collections.abc import Sequence

from ...markup.model import Compiled
from ...model import Run
from ...sending.desk import Desk
from ...tracking.tokens import Signer
from .compose import Composer
from .dkim import DkimSigner
from .lane import Lane
from .smtp import SmtpServer


class EmailOutlet:
    """A mail server that takes a run's mails; ``templates`` are the mailing's own and then its variants'.

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
    ) -> None:
        self.makers = [
            Composer(run.plan, made, signer, run.id, dkim, n, return_domain=return_domain)
            for n, made in enumerate(templates)
        ]
        self.connections = connections
        self.rate = rate
        self._server = server

    async def lane(self, desk: Desk) -> None:
        """Keep one connection busy with the desk's mails."""
        await Lane(desk, self._server, self.makers[0].sender).run()
