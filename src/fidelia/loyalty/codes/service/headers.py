"""The headers that a pool's remote service is called with: sealed at rest, never shown, bound to their server."""

from __future__ import annotations

from typing import Any

import msgspec

from fidelia.access import decrypt_secret, encrypt_secret
from fidelia.kernel.errors import FieldError
from fidelia.platform.fetch import FetchProblem, check_headers, origin_of
from fidelia.platform.postgres import Tx

from ..model import PromoPool
from ..store import pools as store

_AGAIN = "The address leads to another server now: enter the value again"


async def opened(tx: Tx, pool_id: int) -> dict[str, str]:
    """Return the headers of a pool; raise ``SecretError`` when the key is not there."""
    stored = await store.headers(tx, pool_id)
    if stored is None:
        return {}
    return msgspec.json.decode(decrypt_secret(tx.engines, stored), type=dict[str, str])


async def seal(
    tx: Tx, before: PromoPool | None, url: str, given: dict[str, str | None] | None
) -> tuple[dict[str, Any], list[FieldError]]:
    """Return the columns for headers; ``None`` as a value keeps the one that is there, and as a whole all of them.

    What was entered for one server is not sent to another: it must be entered again.
    """
    moved = before is None or before.remote_url is None or origin_of(before.remote_url) != origin_of(url)
    names = [] if before is None else before.remote_header_names
    if given is None:
        if moved and names:
            return {}, [FieldError(f"/remote_headers/{name}", _AGAIN) for name in names]
        return {}, []
    kept = await opened(tx, before.id) if before is not None and not moved else {}
    values: dict[str, str] = {}
    errors = []
    for name, value in given.items():
        if value is not None:
            values[name] = value
        elif name in kept:
            values[name] = kept[name]
        else:
            words = _AGAIN if name in names else f"Enter the value of {name}"
            errors.append(FieldError(f"/remote_headers/{name}", words))
    try:
        check_headers(values)
    except FetchProblem as exc:
        errors.append(FieldError("/remote_headers", exc.detail))
    if errors:
        return {}, errors
    sealed = encrypt_secret(tx.engines, msgspec.json.encode(values).decode()) if values else None
    return {"remote_headers": sealed, "remote_header_names": sorted(values)}, []
