"""Sends what a shop's server would, with the public library as it is: python python_library.py URL WRITE_KEY."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta

from segment.analytics.client import Client

failures: list[str] = []
client = Client(
    sys.argv[2],
    host=sys.argv[1],
    gzip=True,
    upload_size=7,
    on_error=lambda error, items: failures.append(str(error)),
)
client.identify("python-1", {"email": "Python@Example.com", "firstName": "Guido", "age": 60})
client.track(anonymous_id="visitor-2", event="Product Viewed", properties={"sku": "B-1"})
client.alias("visitor-2", "python-1")
client.page("python-1", "Shop", "Cart", {"url": "https://shop.example/cart"})
client.screen("python-1", name="Main")
client.group("python-1", "acme", {"plan": "gold"})
for n in range(20):
    client.track(
        "python-1",
        "Order Completed",
        {"order_id": f"p-{n}", "total": 12.5 + n, "day": datetime(2026, 1, 1, tzinfo=UTC).date()},
        timestamp=datetime.now(UTC) - timedelta(minutes=1),
        message_id=f"python-order-{n}",
    )
client.shutdown()
if failures:
    sys.exit("\n".join(failures))
