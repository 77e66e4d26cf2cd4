"""Routes of variants: look at one, end the test."""

from __future__ import annotations

from functools import partial

from litestar import Controller, post
from litestar.params import FromPath

from fidelia.access import Actor, audit
from fidelia.kernel.errors import not_found
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ...http.templates import PreviewAs, TemplatePreview, previewed
from ...service import templates as templates_service
from ...service.mailings import get_mailing
from ...service.report import MailingReport, report
from . import rules, service
from .compiled import source_of


class WinnerIn(Body, frozen=True):
    """Which variant the rest gets: 1 is the first."""

    variant: int


class VariantController(Controller):
    """The variants of a mailing."""

    path = "/mailings/{mailing_id:int}"
    tags = ("Mailings",)

    @post(
        "/winner",
        dto=Strict[WinnerIn],
        return_dto=None,
        status_code=200,
        opt={"right": "mailings:run"},
        summary="Choose the winner of a test",
    )
    async def choose(self, tx: Tx, actor: Actor, mailing_id: FromPath[int], data: WinnerIn) -> MailingReport:
        """End the test: everybody who was held back gets this variant. 409 when it is decided already, or has ended."""
        mailing = await get_mailing(tx, mailing_id)
        decision = await service.choose(tx, mailing_id, data.variant, actor.name)
        await audit(
            tx,
            actor,
            "mailing.winner_chosen",
            kind="mailing",
            object_id=mailing.id,
            name=mailing.name,
            after={"winner": rules.letter(data.variant), "people": decision.held},
        )
        return await report(tx, mailing_id)

    @post(
        "/variants/{variant:int}/preview",
        dto=Strict[PreviewAs],
        return_dto=None,
        status_code=200,
        opt={"right": "mailings:read"},
        summary="Look at a variant as somebody",
    )
    async def preview(
        self, tx: Tx, mailing_id: FromPath[int], variant: FromPath[int], data: PreviewAs
    ) -> TemplatePreview:
        """Render one variant, with its own subject, as one person gets it; 404 for one that the mailing has not.

        Without a person, and where it cannot be made for nobody, as somebody of the database who has what it uses.
        """
        mailing = await get_mailing(tx, mailing_id)
        variants = mailing.split.variants if mailing.split is not None else []
        if not 1 <= variant <= len(variants):
            raise not_found("Variant", variant)
        source = await source_of(tx, variants[variant - 1])
        render = partial(
            templates_service.preview,
            tx,
            source,
            database_id=mailing.database_id,
            values=data.values,
            variables=mailing.variables,
        )
        reply, rendered = await render(profile_id=data.profile_id)
        alone = data.profile_id is None and not data.values
        if alone and reply.compiled is not None and rendered is not None and rendered.error is not None:
            used = [use.split(".")[1] for use in reply.compiled.uses if use.startswith("profile.")]
            somebody = await templates_service.samples(tx, mailing.database_id, used, 1)
            if somebody:
                reply, rendered = await render(profile_id=somebody[0]["profile_id"])
        return previewed(reply, rendered)
