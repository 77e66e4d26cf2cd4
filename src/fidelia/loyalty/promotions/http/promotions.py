"""Routes of promotions: make, change, publish, pause, arrange."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

import msgspec
from litestar import Controller, delete, get, post, put
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia import conditions
from fidelia.access import Actor
from fidelia.conditions import VocabularyInfo
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ...programs import program
from ..checks import scope_of, understand
from ..model import Kind, Promotion, PromotionDefinition, PromotionLogEntry, PromotionVersion
from ..service import manage
from ..vocabulary import vocabulary
from ..words import sentence


class PromotionIn(Body, frozen=True):
    """A new promotion: its kind stays; it gives nothing before it is published."""

    kind: Kind
    definition: PromotionDefinition
    external_id: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class PromotionDraft(Body, frozen=True):
    """What the next version shall say; ``revision`` is the one that was read."""

    definition: PromotionDefinition
    revision: int | UnsetType = UNSET


class PromotionPublish(Body, frozen=True):
    """From when on the draft is in force: null is now."""

    at: datetime | None = None
    revision: int | UnsetType = UNSET


class PromotionOrder(Body, frozen=True):
    """All promotions of the program, in the order in which they shall be tried."""

    ids: list[int]


class PromotionQuestion(Body, frozen=True):
    """A promotion that is being written."""

    kind: Kind
    definition: PromotionDefinition


class PromotionSentence(msgspec.Struct, frozen=True):
    """What a promotion would do, as a sentence."""

    sentence: str


class Promotions(msgspec.Struct, frozen=True):
    """Promotions in the order in which they are tried."""

    items: list[Promotion]


class PromotionVersions(msgspec.Struct, frozen=True):
    """The versions of a promotion, the newest first."""

    items: list[PromotionVersion]


class PromotionLog(msgspec.Struct, frozen=True):
    """What happened to a promotion, newest first."""

    items: list[PromotionLogEntry]


class ProgramPromotionController(Controller):
    """Promotions of a program, in the order in which they are tried."""

    path = "/loyalty/programs/{program_id:int}/promotions"
    tags = ("Promotions",)

    @get("/", opt={"right": "loyalty:read"}, summary="List promotions")
    async def list_promotions(
        self,
        tx: Tx,
        program_id: FromPath[int],
        archived: Annotated[bool, QueryParameter(name="archived", description="The archived ones instead")] = False,
        kind: Annotated[Kind | None, QueryParameter(name="kind", description="Only of this kind")] = None,
    ) -> Promotions:
        """Return all of them, with what each has given."""
        return Promotions(await manage.read_all(tx, program_id, archived=archived, kind=kind))

    @post("/", dto=Strict[PromotionIn], return_dto=None, opt={"right": "loyalty:create"}, summary="Make a promotion")
    async def create(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: PromotionIn) -> Promotion:
        """Store a draft, last in the order."""
        return await manage.create(tx, actor, program_id, data.kind, data.definition, data.external_id)

    @put("/order", dto=Strict[PromotionOrder], return_dto=None, opt={"right": "loyalty:update"}, summary="Arrange")
    async def arrange(self, tx: Tx, actor: Actor, program_id: FromPath[int], data: PromotionOrder) -> Promotions:
        """Put promotions in another order; 409 when the list is not all of them."""
        return Promotions(await manage.arrange(tx, actor, program_id, data.ids))

    @get("/vocabulary", opt={"right": "loyalty:read"}, summary="What conditions of promotions may use")
    async def words(
        self,
        tx: Tx,
        program_id: FromPath[int],
        subject: Annotated[
            Literal["order", "line", "profile"],
            QueryParameter(name="subject", description="Of orders, of their lines, or of people"),
        ] = "order",
    ) -> VocabularyInfo:
        """Return fields, links and operators, as the editor of conditions takes them."""
        owner = await program(tx, program_id)
        return conditions.describe(await vocabulary(tx, owner.database_id), subject)

    @post(
        "/sentence",
        status_code=200,
        dto=Strict[PromotionQuestion],
        return_dto=None,
        opt={"right": "loyalty:read"},
        summary="Say what a promotion would do",
    )
    async def say(self, tx: Tx, program_id: FromPath[int], data: PromotionQuestion) -> PromotionSentence:
        """Return a sentence; 422 with every fault and its place. Stores nothing."""
        scope = await scope_of(tx, program_id, [data.definition])
        return PromotionSentence(sentence(scope, data.definition, understand(scope, data.kind, data.definition)))


class PromotionController(Controller):
    """One promotion: its draft, its versions, whether it works."""

    path = "/loyalty/promotions/{promotion_id:int}"
    tags = ("Promotions",)

    @get("/", opt={"right": "loyalty:read"}, summary="Read a promotion")
    async def one(self, tx: Tx, promotion_id: FromPath[int]) -> Promotion:
        """Return it with the version in force."""
        return await manage.read(tx, promotion_id)

    @get("/versions", opt={"right": "loyalty:read"}, summary="List versions")
    async def list_versions(self, tx: Tx, promotion_id: FromPath[int]) -> PromotionVersions:
        """Return every version, the newest first, the draft included."""
        return PromotionVersions(await manage.versions(tx, promotion_id))

    @get("/log", opt={"right": "loyalty:read"}, summary="Read the log of a promotion")
    async def read_log(self, tx: Tx, promotion_id: FromPath[int]) -> PromotionLog:
        """Return what happened to it, newest first."""
        return PromotionLog(await manage.log(tx, promotion_id))

    @put(
        "/draft",
        dto=Strict[PromotionDraft],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Write the next version",
    )
    async def save_draft(
        self, tx: Tx, actor: Actor, promotion_id: FromPath[int], data: PromotionDraft
    ) -> PromotionVersion:
        """Store the draft; what is in force stays as it is."""
        return await manage.save_draft(tx, actor, promotion_id, data.definition, data.revision)

    @post(
        "/publish",
        status_code=200,
        dto=Strict[PromotionPublish],
        return_dto=None,
        opt={"right": "loyalty:update"},
        summary="Publish the draft",
    )
    async def publish(self, tx: Tx, actor: Actor, promotion_id: FromPath[int], data: PromotionPublish) -> Promotion:
        """Put the draft in force, now or at a moment to come."""
        return await manage.publish(tx, actor, promotion_id, data.at, data.revision)

    @delete("/versions/{number:int}", status_code=200, opt={"right": "loyalty:update"}, summary="Throw a version away")
    async def drop(self, tx: Tx, actor: Actor, promotion_id: FromPath[int], number: FromPath[int]) -> Promotion:
        """Throw away the draft, or a version whose moment has not come."""
        return await manage.drop_version(tx, actor, promotion_id, number)

    @post("/pause", status_code=200, opt={"right": "loyalty:update"}, summary="Pause a promotion")
    async def pause(self, tx: Tx, actor: Actor, promotion_id: FromPath[int]) -> Promotion:
        """Let it give nothing until it is resumed."""
        return await manage.set_state(tx, actor, promotion_id, "paused")

    @post("/resume", status_code=200, opt={"right": "loyalty:update"}, summary="Resume a promotion")
    async def resume(self, tx: Tx, actor: Actor, promotion_id: FromPath[int]) -> Promotion:
        """Let it work again."""
        return await manage.set_state(tx, actor, promotion_id, "active")

    @post("/copy", opt={"right": "loyalty:create"}, summary="Copy a promotion")
    async def copy(self, tx: Tx, actor: Actor, promotion_id: FromPath[int]) -> Promotion:
        """Make a draft that says the same."""
        return await manage.copy(tx, actor, promotion_id)

    @delete("/", status_code=200, opt={"right": "loyalty:delete"}, summary="Archive a promotion")
    async def archive(self, tx: Tx, actor: Actor, promotion_id: FromPath[int]) -> Promotion:
        """Let it give nothing any more; what it gave stays."""
        return await manage.set_state(tx, actor, promotion_id, "archived")
