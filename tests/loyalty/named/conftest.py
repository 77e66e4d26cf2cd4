"""Engines without ClickHouse, and a till of each test."""

from __future__ import annotations

from ..orders.conftest import engines, till

__all__ = ["engines", "till"]
