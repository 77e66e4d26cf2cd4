"""Paging parameters of every list."""

from __future__ import annotations

from typing import Annotated

from litestar.params import QueryParameter

from fidelia.kernel.paging import MAX_LIMIT, PageRequest, page_request

PageParams = PageRequest


async def provide_page(
    limit: Annotated[int | None, QueryParameter(name="limit", description=f"How many items, 1 to {MAX_LIMIT}")] = None,
    cursor: Annotated[str | None, QueryParameter(name="cursor", description="next_cursor of the page before")] = None,
    q: Annotated[str | None, QueryParameter(name="q", description="Search text")] = None,
    sort: Annotated[
        str | None, QueryParameter(name="sort", description="Field to sort by; - in front for descending")
    ] = None,
) -> PageRequest:
    """Read and check ``limit cursor q sort``."""
    return page_request(limit, cursor, q, sort)
