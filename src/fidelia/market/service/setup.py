"""What is set up once: channels, touchpoints, regions, currencies, typed fields, statuses of lines."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa

from fidelia import profiles
from fidelia.access import Actor, audit
from fidelia.kernel.errors import conflict, invalid_field, not_found
from fidelia.platform.postgres import Tx

from ..fields import fits, must_be
from ..model import (
    CurrencyOut,
    LineStatusIn,
    LineStatusOut,
    LineStatusPatch,
    MarketFieldIn,
    MarketFieldOut,
    MarketFieldPatch,
    RegionIn,
    RegionOut,
    RegionPatch,
    SalesChannelIn,
    SalesChannelOut,
    SalesChannelPatch,
    TouchpointIn,
    TouchpointOut,
    TouchpointPatch,
)
from ..rules import check_tags
from ..statuses import BUILT_IN
from ..store import setup as store
from ..tables import market_channel, market_field, market_line_status, market_region, market_touchpoint
from ..vocabulary import RESERVED

MAX_FIELDS = 200
_T = TypeVar("_T", RegionOut, MarketFieldOut, LineStatusOut)


async def _audited(tx: Tx, actor: Actor, action: str, id_: int | None, name: str, before: Any, after: Any) -> None:
    await audit(tx, actor, action, kind="market", object_id=id_, name=name, before=before, after=after)


def _given(patch: msgspec.Struct) -> dict[str, Any]:
    return {k: v for k, v in msgspec.structs.asdict(patch).items() if v is not msgspec.UNSET}


async def create_channel(tx: Tx, actor: Actor, given: SalesChannelIn) -> SalesChannelOut:
    """Set up a sales channel of a database; raise 404 for the database, 409 when the external id is taken."""
    await profiles.get_database(tx, given.database)
    check_tags(given.tags, "/tags")
    values = msgspec.structs.asdict(given)
    values["database_id"] = values.pop("database")
    made = await store.channel(tx, await store.create(tx, market_channel, values))
    await _audited(tx, actor, "sales_channel.created", made.id, made.name, None, made)
    return made


async def patch_channel(tx: Tx, actor: Actor, channel_id: int, patch: SalesChannelPatch) -> SalesChannelOut:
    """Change a sales channel; archived ones take no more orders by their touchpoints."""
    before = await store.channel(tx, channel_id)
    if isinstance(patch.tags, list):
        check_tags(patch.tags, "/tags")
    await store.change(tx, market_channel, channel_id, _given(patch))
    after = await store.channel(tx, channel_id)
    await _audited(tx, actor, "sales_channel.updated", channel_id, after.name, before, after)
    return after


async def create_touchpoint(tx: Tx, actor: Actor, channel_id: int, given: TouchpointIn) -> TouchpointOut:
    """Set up a touchpoint of a channel; external ids differ within a database."""
    channel = await store.channel(tx, channel_id)
    values = {**msgspec.structs.asdict(given), "channel_id": channel_id, "database_id": channel.database_id}
    made = await store.touchpoint(tx, await store.create(tx, market_touchpoint, values))
    await _audited(tx, actor, "touchpoint.created", made.id, made.name, None, made)
    return made


async def patch_touchpoint(tx: Tx, actor: Actor, touchpoint_id: int, patch: TouchpointPatch) -> TouchpointOut:
    """Change a touchpoint."""
    before = await store.touchpoint(tx, touchpoint_id)
    await store.change(tx, market_touchpoint, touchpoint_id, _given(patch))
    after = await store.touchpoint(tx, touchpoint_id)
    await _audited(tx, actor, "touchpoint.updated", touchpoint_id, after.name, before, after)
    return after


async def create_region(tx: Tx, actor: Actor, given: RegionIn) -> RegionOut:
    """Set up a region."""
    id_ = await store.create(tx, market_region, msgspec.structs.asdict(given))
    made = _one(await store.regions(tx), id_)
    await _audited(tx, actor, "region.created", id_, made.name, None, made)
    return made


async def patch_region(tx: Tx, actor: Actor, region_id: int, patch: RegionPatch) -> RegionOut:
    """Change a region; an archived one is not taken any more, what names it goes on to."""
    before = _one(await store.regions(tx), region_id, "Region")
    await store.change(tx, market_region, region_id, _given(patch))
    after = _one(await store.regions(tx), region_id)
    await _audited(tx, actor, "region.updated", region_id, after.name, before, after)
    return after


def _one(items: Sequence[_T], id_: int, what: str = "") -> _T:
    for item in items:
        if item.id == id_:
            return item
    raise not_found(what, id_)


async def switch_currency(tx: Tx, actor: Actor, code: str, active: bool) -> CurrencyOut:
    """Switch a currency on or off: orders and prices of before keep it."""
    before = {item.code: item for item in await store.currencies(tx)}.get(code)
    await store.switch_currency(tx, code, active)
    after = {item.code: item for item in await store.currencies(tx)}[code]
    await _audited(tx, actor, "currency.updated", None, code, before, after)
    return after


async def create_field(tx: Tx, actor: Actor, given: MarketFieldIn) -> MarketFieldOut:
    """Make a typed field. Raises 409 when the key is taken, 422 for a default that does not fit."""
    _check_field(given)
    rows = await store.fields(tx)
    if sum(row.entity == given.entity and row.archived_at is None for row in rows) >= MAX_FIELDS:
        raise conflict(f"There may be {MAX_FIELDS} fields at most")
    values = msgspec.structs.asdict(given)
    values["initial"] = values.pop("default")
    values["label"] = given.label or given.key.replace("_", " ").capitalize()
    id_ = await store.create(tx, market_field, values)
    made = _one(await store.fields(tx), id_)
    await _audited(tx, actor, "market_field.created", id_, made.label, None, made)
    return made


def _check_field(given: MarketFieldIn) -> None:
    if given.key in RESERVED[given.entity]:
        raise invalid_field("/key", f"{given.key} is built in already; take another key")
    if given.default is not None and not fits(given.type, given.default):
        raise invalid_field("/default", f"The default must be {must_be(given.type)}")


async def patch_field(tx: Tx, actor: Actor, field_id: int, patch: MarketFieldPatch) -> MarketFieldOut:
    """Change a typed field; what stands in an archived one stays."""
    before = _one(await store.fields(tx), field_id, "Field")
    values = _given(patch)
    if "default" in values:
        if values["default"] is not None and not fits(before.type, values["default"]):
            raise invalid_field("/default", f"The default must be {must_be(before.type)}")
        values["initial"] = values.pop("default")
        if values["initial"] is None:
            values["initial"] = sa.null()
    await store.change(tx, market_field, field_id, values)
    after = _one(await store.fields(tx), field_id)
    await _audited(tx, actor, "market_field.updated", field_id, after.label, before, after)
    return after


async def ensure_fields(tx: Tx, actor: Actor, given: Sequence[MarketFieldIn]) -> None:
    """Make the fields that an import brings along; those that are there stay. Raises 409 for another type."""
    there = {(field.entity, field.key): field for field in await store.fields(tx)}
    for n, field in enumerate(given):
        known = there.get((field.entity, field.key))
        if known is None:
            await create_field(tx, actor, field)
        elif known.type != field.type:
            raise conflict(f"custom_fields {n}: {field.key} is there already, as {must_be(known.type)}")
        elif known.archived_at is not None:
            await store.change(tx, market_field, known.id, {"archived": False})


async def create_line_status(tx: Tx, actor: Actor, given: LineStatusIn) -> LineStatusOut:
    """Set up a status of lines."""
    if given.external_id in BUILT_IN:
        raise conflict(f"The status {given.external_id} is built in")
    id_ = await store.create(tx, market_line_status, msgspec.structs.asdict(given))
    made = _one(await store.line_statuses(tx), id_)
    await _audited(tx, actor, "line_status.created", id_, made.name, None, made)
    return made


async def patch_line_status(tx: Tx, actor: Actor, status_id: int, patch: LineStatusPatch) -> LineStatusOut:
    """Change a status of lines; what it counts as stays."""
    before = _one(await store.line_statuses(tx), status_id, "Status of lines")
    await store.change(tx, market_line_status, status_id, _given(patch))
    after = _one(await store.line_statuses(tx), status_id)
    await _audited(tx, actor, "line_status.updated", status_id, after.name, before, after)
    return after


async def ensure_line_statuses(tx: Tx, actor: Actor, given: Sequence[LineStatusIn]) -> None:
    """Set up the statuses that an import brings along. Raises 409 for one that counts as something else."""
    there = {status.external_id: status for status in await store.line_statuses(tx)}
    for status in given:
        known = there.get(status.external_id)
        if known is None:
            await create_line_status(tx, actor, status)
        elif known.kind != status.kind:
            raise conflict(f"The status {status.external_id} is there already, and counts as {known.kind}")
