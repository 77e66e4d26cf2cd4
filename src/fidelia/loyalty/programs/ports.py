"""What programs need of parts above them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from fidelia.platform.postgres import Tx

#: Checks a condition on a line of an order, for a program; raises 422 with pointers below the one that is given.
LineCheck = Callable[[Tx, int, dict[str, Any], str], Awaitable[None]]
LINE_CHECK = "loyalty.line_check"
