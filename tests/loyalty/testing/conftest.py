"""A till with a program, as orders are tested with."""

from tests.loyalty.orders.conftest import engines, till

__all__ = ["engines", "till"]
