"""Tags of many segments at once."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from fidelia.access import Actor, audit
from fidelia.kernel.errors import FieldError, invalid, invalid_field
from fidelia.platform.postgres import Tx
from fidelia.platform.tags import clean_tags, tag_errors, tag_key

from ..store import segments as store
from ..tables import TAGS
from .manage import picture, refuse_archived

MOST_AT_ONCE = 1000


async def tag_segments(tx: Tx, actor: Actor, ids: Sequence[int], add: Sequence[str], remove: Sequence[str]) -> int:
    """Add tags to segments and take others away; return how many changed. All are changed or none.

    Raises 409 for an archived segment and for one that would carry too many; 422 for a segment that is not there, for
    more than a thousand, for bad tags, for nothing to do.
    """
    faults = [*tag_errors(add, "/add"), *tag_errors(remove, "/remove")]
    both = {tag_key(name) for name in add} & {tag_key(name) for name in remove}
    for n, name in enumerate(remove):
        if tag_key(name) in both:
            faults.append(FieldError(f"/remove/{n}", "This tag is to be added"))
    if not add and not remove:
        faults.append(FieldError("/add", "Name a tag to add or to remove"))
    if not 0 < len(ids) <= MOST_AT_ONCE:
        faults.append(FieldError("/ids", f"Name 1 to {MOST_AT_ONCE:,} segments"))
    if faults:
        raise invalid(*faults)
    found = {segment.id: segment for segment in await store.some(tx, ids, lock=True)}
    for n, id_ in enumerate(ids):
        if id_ not in found:
            raise invalid_field(f"/ids/{n}", f"There is no segment {id_}")
        refuse_archived(found[id_])
    changed = await TAGS.change(tx, {s.id: s.name for s in found.values()}, clean_tags(add), clean_tags(remove))
    for id_, (_, after) in changed.items():
        await store.update(tx, id_, {})
        before = picture(found[id_])
        await audit(
            tx,
            actor,
            "segment.updated",
            kind="segment",
            object_id=id_,
            name=found[id_].name,
            before=before,
            after=before | {"tags": msgspec.to_builtins(after)},
        )
    return len(changed)
