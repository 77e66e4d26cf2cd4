"""Pools of promo codes for the pictures: one that is used, one for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .objects import Objects


def promo_codes(objects: Objects) -> dict[str, object]:
    """Make the pools once, and give some people codes."""
    path = f"/promo-codes/pools?database={objects.database}"
    where = {"database_id": objects.database}
    expiry = {"kind": "after", "period": "P30D"}
    spring, fresh = objects.named(
        path,
        "Spring vouchers",
        {**where, "short_name": "spring", "pattern": "SPRING-####-@@@@", "warn_below": 20, "expiry": expiry},
    )
    shared, also = objects.named(
        path, "Welcome", {**where, "short_name": "welcome", "kind": "universal", "way": "file"}
    )
    people = [item["id"] for item in objects.items(f"/databases/{objects.database}/profiles?limit=9")]
    if fresh:
        objects.send(f"/promo-codes/pools/{spring}/codes", {"count": 500})
        for n, person in enumerate(people):
            code = objects.send(f"/promo-codes/pools/{spring}/attach", {"profile_id": person})["code"]
            if n % 3 == 0:
                objects.send(f"/promo-codes/pools/{spring}/activate", {"code": code})
        whose = {"profile_id": people[0], "code": "SPRING-EXAMPLE"}
        objects.send(f"/promo-codes/pools/{spring}/attach", whose)
    if also:
        objects.send(f"/promo-codes/pools/{shared}/codes/import", {"items": [{"code": "WELCOME10"}]})
        for person in people:
            objects.send(f"/promo-codes/pools/{shared}/attach", {"profile_id": person})
    return {"promo_pool": spring, "promo_shared": shared}
