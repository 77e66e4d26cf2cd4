"""Orders as capabilities beside the market count them, without knowing its tables."""

from __future__ import annotations

#: Orders that came to nothing are no purchases.
UNDONE = ("cancelled", "refunded")


def purchases_sql(database_id: int) -> str:
    """Return a query of ClickHouse with a row (profile, at, currency, total) for every order that stands."""
    undone = ", ".join(f"'{status}'" for status in UNDONE)
    return f"select profile, at, currency, total from o_{int(database_id)} final where status not in ({undone})"  # noqa: S608
