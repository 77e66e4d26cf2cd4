"""Jobs of segments. All of them ask ClickHouse, so they run in the core."""

from __future__ import annotations

from fidelia.platform.jobs import task

from .service import later

calculate = task(later.CALCULATE, queue="core")(later.run_calculation)
