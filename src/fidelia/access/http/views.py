"""Routes of saved views of lists."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, patch, post
from litestar.params import FromPath, QueryParameter
from msgspec import UNSET, UnsetType

from fidelia.kernel.paging import Page
from fidelia.platform.http import Body, Strict
from fidelia.platform.postgres import Tx

from ..actor import Actor
from ..model import ViewLook, ViewOut
from ..service import views as service
from .auth import Text


class ViewIn(Body, frozen=True):
    """A view to keep: of which list, under which name, and whether all may use it."""

    list: Text
    name: Text
    look: ViewLook
    shared: bool = False


class ViewPatch(Body, frozen=True, kw_only=True):
    """What to change of a view; what is not sent stays."""

    name: Text | UnsetType = UNSET
    look: ViewLook | UnsetType = UNSET
    shared: bool | UnsetType = UNSET


class ViewController(Controller):
    """Saved views of lists. A view only says how to look at a list; what one may see of it stays as it is."""

    path = "/views"
    tags = ("Views",)

    @get("/", opt={"signed_in": True}, summary="One's own views and the shared ones")
    async def list_views(
        self,
        tx: Tx,
        actor: Actor,
        list_: Annotated[str | None, QueryParameter(name="list", description="Of one list, such as segments")] = None,
    ) -> Page[ViewOut]:
        """Return every view that the caller may use, own ones first."""
        items = await service.list_views(tx, actor, list_)
        return Page(items, None, len(items))

    @post("/", dto=Strict[ViewIn], return_dto=None, opt={"signed_in": True}, summary="Keep a view")
    async def create_view(self, tx: Tx, actor: Actor, data: ViewIn) -> ViewOut:
        """Keep search, filters, order and columns of a list under a name; 409 when the name is taken."""
        return await service.create_view(tx, actor, list_=data.list, name=data.name, look=data.look, shared=data.shared)

    @get("/{view_id:int}", opt={"signed_in": True}, summary="Read a view")
    async def get_view(self, tx: Tx, actor: Actor, view_id: FromPath[int]) -> ViewOut:
        """Return one view."""
        return await service.get_view(tx, actor, view_id)

    @patch("/{view_id:int}", dto=Strict[ViewPatch], return_dto=None, opt={"signed_in": True}, summary="Change a view")
    async def change_view(self, tx: Tx, actor: Actor, view_id: FromPath[int], data: ViewPatch) -> ViewOut:
        """Change one's own view; who may change settings can change everybody's shared ones."""
        return await service.change_view(tx, actor, view_id, name=data.name, look=data.look, shared=data.shared)

    @delete("/{view_id:int}", opt={"signed_in": True}, status_code=204, summary="Delete a view")
    async def delete_view(self, tx: Tx, actor: Actor, view_id: FromPath[int]) -> None:
        """Delete one's own view; the list and what is in it stay."""
        await service.delete_view(tx, actor, view_id)
