"""Limits of a fetch, and the one way to refuse it."""

from __future__ import annotations

from typing import Literal

import msgspec

from fidelia.kernel.errors import FieldError, Problem

Reason = Literal[
    "scheme", "address", "name", "connection", "tls", "time", "size", "redirect", "type", "encoding", "status", "header"
]


class FetchProblem(Problem):
    """Something that is not fetched, or could not be; ``reason`` tells the kind, the text is for a person.

    ``begun`` tells whether any of the request may have reached the other side.
    """

    def __init__(self, reason: Reason, detail: str, *, pointer: str = "/url") -> None:
        super().__init__(
            422, "This address cannot be used", detail, [FieldError(pointer, detail)], extra={"reason": reason}
        )
        self.reason: Reason = reason
        self.begun = False


class FetchLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How long a fetch may take (seconds), how large it may get (bytes, unpacked), how often it may be sent on.

    ``read_seconds`` is the longest silence between two pieces, ``total_seconds`` the whole time with all redirects.
    """

    connect_seconds: float = 10
    read_seconds: float = 30
    total_seconds: float = 3600
    max_bytes: int = 2_000_000_000
    redirects: int = 5
