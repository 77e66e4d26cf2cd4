"""What is said when ClickHouse does not answer, or not in time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from fidelia.kernel.errors import Problem, unavailable
from fidelia.platform.clickhouse import ClickHouseError, ClickHouseUnavailable, QueryTimeout, QueryTooLarge, RowMissing

_SAID = (QueryTooLarge, QueryTimeout, RowMissing, ClickHouseUnavailable)


@contextmanager
def in_words() -> Iterator[None]:
    """Raise 503 with the reason in words where ClickHouse does not answer."""
    try:
        yield
    except _SAID as exc:
        raise _refused(exc) from exc


def reason(exc: BaseException) -> str:
    """Say in words why a filling failed."""
    if isinstance(exc, Problem):
        return exc.detail
    if isinstance(exc, TimeoutError):
        return "It took longer than a recalculation may take; make the rules narrower, or raise the limit"
    if isinstance(exc, _SAID):
        return _refused(exc).detail
    if isinstance(exc, ClickHouseError):
        return f"ClickHouse refused a question (error {exc.code}): {str(exc)[:300]}"
    return f"{type(exc).__name__}: {exc}"


def _refused(exc: Exception) -> Problem:
    if isinstance(exc, QueryTooLarge):
        return unavailable("This condition needs more memory than one question may take; make it narrower")
    if isinstance(exc, QueryTimeout):
        return unavailable("This condition took longer than one question may take; make it narrower")
    if isinstance(exc, RowMissing):
        return unavailable("A list that these rules read is missing in ClickHouse; `fidelia rebuild` writes it again")
    return unavailable("ClickHouse does not answer at the moment")
