"""Orders as capabilities beside the market count them, without knowing its tables."""

from __future__ import annotations

#: Orders that came to nothing are no purchases.
UNDONE = ("cancelled", "refunded")


def purchases_sql(database_id: int) -> str:
    """Return a query of ClickHouse with a row (profile, at, currency, total) for every order that stands.

    What was given back of an order is not in its total.
    """
    undone = ", ".join(f"'{status}'" for status in UNDONE)
    paid = f"(select profile, at, currency, status, total - refunded as paid from o_{int(database_id)} final)"  # noqa: S608
    return f"select profile, at, currency, paid as total from {paid} where status not in ({undone})"  # noqa: S608
