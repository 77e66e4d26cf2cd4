"""A campaign's comparison computed again with pandas and SciPy from plain tables: nothing here is Fidelia's.

``people``: profile, epoch, stratum, kept, entered. ``orders``: profile, at, currency, total. Moments are naive UTC.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy import stats

Z = stats.norm.ppf(0.975)
POWER = Z + stats.norm.ppf(0.8)
SMALL = 10


def within(
    people: pd.DataFrame, orders: pd.DataFrame, until: pd.Timestamp, since: pd.Timestamp | None = None
) -> pd.DataFrame:
    """Return the orders that count, each with what is known of its person."""
    found = orders.merge(people, on="profile")
    found = found[(found["at"] >= found["entered"]) & (found["at"] < until)]
    return found if since is None else found[found["at"] >= since]


def each(people: pd.DataFrame, counted: pd.DataFrame, currency: str | None) -> pd.DataFrame:
    """Return a row for every person: what they bought."""
    mine = counted.assign(paid=counted["currency"] == currency)
    mine["spent"] = np.where(mine["paid"], mine["total"], 0.0)
    sums = mine.groupby("profile").agg(orders=("at", "size"), paid=("paid", "sum"), spent=("spent", "sum"))
    found = people.merge(sums, left_on="profile", right_index=True, how="left")
    found[["orders", "paid", "spent"]] = found[["orders", "paid", "spent"]].fillna(0).astype(float)
    return found.assign(bought=(found["orders"] > 0).astype(float))


def compared(found: pd.DataFrame, share: float) -> tuple[pd.DataFrame, int]:
    """Give everybody the cell they are compared in, and count those who have nobody to be compared with."""
    sizes = found.groupby(["epoch", "stratum"])["kept"].agg(kept="sum", people="size").reset_index()
    sizes["rest"] = sizes["people"] - sizes["kept"]
    alone = (sizes["kept"] >= SMALL) & (sizes["rest"] >= SMALL)
    closed = ~alone & (sizes["kept"] == 0) & (sizes["people"] * share >= 1)
    sizes["cell"] = np.where(alone, sizes["epoch"].astype(str) + "/" + sizes["stratum"], sizes["epoch"].astype(str))
    inside = found.merge(sizes.loc[~closed, ["epoch", "stratum", "cell"]], on=["epoch", "stratum"])
    sides = inside.groupby("cell")["kept"].agg(["sum", "size"])
    good = sides.index[(sides["sum"] > 0) & (sides["sum"] < sides["size"])]
    out = len(found) - int(inside["cell"].isin(good).sum())
    return inside[inside["cell"].isin(good)], out


def _sides(inside: pd.DataFrame) -> tuple[pd.Series, list[pd.core.groupby.DataFrameGroupBy]]:
    weights = inside.groupby("cell").size() / len(inside)
    return weights, [inside[inside["kept"] == kept].groupby("cell") for kept in (True, False)]


def share(inside: pd.DataFrame) -> dict[str, Any]:
    """Stratified Newcombe with Wilson's limits (Yan and Su 2010)."""
    weights, sides = _sides(inside)
    told = []
    for side in sides:
        n, hits = side["bought"].size(), side["bought"].sum()
        w = weights[n.index]
        p = hits / n
        smooth = (hits + 0.5) / (n + 1)
        variance = smooth * (1 - smooth) / n
        z = Z * np.sqrt((w**2 * variance).sum()) / (w * np.sqrt(variance)).sum()
        level = 1 - 2 * stats.norm.sf(z)
        limits = [
            stats.binomtest(int(k), int(m)).proportion_ci(level, method="wilson") for k, m in zip(hits, n, strict=True)
        ]
        told.append(
            {
                "value": (w * p).sum(),
                "low": (w * np.array([limit.low for limit in limits])).sum(),
                "high": (w * np.array([limit.high for limit in limits])).sum(),
                "spread": (w**2 / n).sum(),
                "error": np.sqrt((w**2 * p * (1 - p) / n).sum()),
            }
        )
    c, t = told
    difference = t["value"] - c["value"]
    joint = inside["bought"].mean()
    noise = joint * (1 - joint)
    return _whole(
        inside,
        c,
        t,
        difference - Z * np.sqrt(t["spread"] * t["low"] * (1 - t["low"]) + c["spread"] * c["high"] * (1 - c["high"])),
        difference + Z * np.sqrt(t["spread"] * t["high"] * (1 - t["high"]) + c["spread"] * c["low"] * (1 - c["low"])),
        (noise, noise),
    )


def mean(inside: pd.DataFrame, column: str) -> dict[str, Any]:
    """Limits of each side on the logarithm with Student's t, joined as Zou and Donner do."""
    weights, sides = _sides(inside)
    told = []
    for side in sides:
        n, w = side.size(), weights[side.size().index]
        variance = side[column].var(ddof=1).fillna(0.0)
        told.append(
            {
                "value": (w * side[column].mean()).sum(),
                "parts": w**2 * variance / n,
                "n": n,
                "of_one": _mean_of(variance, n),
            }
        )
    return _by_t(inside, *told)


def ratio(inside: pd.DataFrame, above: str, below: str) -> dict[str, Any]:
    """The same for a ratio of two means, by the delta method."""
    weights, sides = _sides(inside)
    told = []
    for side in sides:
        n, w = side.size(), weights[side.size().index]
        bottom = (w * side[below].mean()).sum()
        value = (w * side[above].mean()).sum() / bottom
        rows = side.obj.assign(residual=(side.obj[above] - value * side.obj[below]) / bottom)
        variance = rows.groupby("cell")["residual"].var(ddof=1).fillna(0.0)
        told.append({"value": value, "parts": w**2 * variance / n, "n": n, "of_one": _mean_of(variance, n)})
    return _by_t(inside, *told)


def _mean_of(variance: pd.Series, n: pd.Series) -> float:
    return float((variance * n).sum() / n.sum())


def _by_t(inside: pd.DataFrame, c: dict[str, Any], t: dict[str, Any]) -> dict[str, Any]:
    total = c["parts"].sum() + t["parts"].sum()
    terms = [(side["parts"] ** 2 / (side["n"] - 1))[side["n"] > 1].sum() for side in (c, t)]
    df = max(5.0, total**2 / sum(terms))
    reach = stats.t.ppf(0.975, df)
    for side in (c, t):
        side["error"] = np.sqrt(side["parts"].sum())
        factor = np.exp(reach * side["error"] / side["value"])
        side["low"], side["high"] = side["value"] / factor, side["value"] * factor
    difference = t["value"] - c["value"]
    low = difference - np.hypot(t["value"] - t["low"], c["high"] - c["value"])
    high = difference + np.hypot(t["high"] - t["value"], c["value"] - c["low"])
    return _whole(inside, c, t, low, high, (c["of_one"], t["of_one"]))


def _whole(
    inside: pd.DataFrame, c: dict[str, Any], t: dict[str, Any], low: float, high: float, noise: tuple[float, float]
) -> dict[str, Any]:
    kept, rest = int(inside["kept"].sum()), int((~inside["kept"]).sum())
    difference = t["value"] - c["value"]
    spread = np.hypot(c["error"] / c["value"], t["error"] / t["value"])
    ratio_ = np.log(t["value"] / c["value"])
    needed = POWER**2 * (noise[0] + noise[1] * kept / rest) / difference**2 if difference else 0.0
    detectable = POWER * np.sqrt(noise[0] / kept + noise[1] / rest)
    return {
        "control": c["value"],
        "test": t["value"],
        "difference": difference,
        "low": low,
        "high": high,
        "relative": np.exp(ratio_) - 1,
        "relative_low": np.exp(ratio_ - Z * spread) - 1,
        "relative_high": np.exp(ratio_ + Z * spread) - 1,
        "detectable": detectable if detectable > 0 else None,
        "needed": int(needed) + 1 if needed > kept else None,
    }


def metrics(inside: pd.DataFrame, *, money: bool) -> dict[str, dict[str, Any]]:
    """Return every figure of some people, with its verdict; below the minima nothing is concluded."""
    found = {"conversion": share(inside), "orders": mean(inside, "orders")}
    if money:
        found |= {"revenue": mean(inside, "spent"), "order_average": ratio(inside, "spent", "paid")}
    kept, rest = inside[inside["kept"]], inside[~inside["kept"]]
    converted = min(kept["bought"].sum(), rest["bought"].sum())
    least = {"conversion": 10, "orders": 20, "revenue": 100, "order_average": 100}
    for key in list(found):
        one = found[key]
        few = min(len(kept), len(rest)) < 50 or converted < least[key]
        few = few or (key in ("revenue", "order_average") and len(kept) < 2000)
        one["verdict"] = "higher" if one["low"] > 0 else "lower" if one["high"] < 0 else "cannot_tell"
        if few:
            one.update(dict.fromkeys(("low", "high", "relative", "relative_low", "relative_high")), verdict="too_few")
        if one["verdict"] in ("higher", "lower"):
            one["needed"] = None
    return found


def arm(found: pd.DataFrame, *, kept: bool) -> dict[str, Any]:
    """Return the plain sums of a side."""
    side = found[found["kept"] == kept]
    return {
        "people": len(side),
        "converted": int(side["bought"].sum()),
        "conversions": int(side["orders"].sum()),
        "revenue": round(float(side["spent"].sum()), 2),
    }


def attributed(orders: pd.DataFrame, touches: pd.DataFrame, days: int = 7) -> pd.DataFrame:
    """Give each order to the message that led to it: the last click of the days before, else open, else delivery.

    ``touches``: profile, run, mailing, way, at. A message that came back was not delivered.
    """
    ranks = {"clicked": 0, "opened": 1, "sent": 2}
    back = touches.loc[touches["way"] == "bounced", ["run", "profile"]].assign(back=True)
    found = touches[touches["way"].isin(ranks)].merge(back, on=["run", "profile"], how="left")
    found = found[~((found["way"] == "sent") & found["back"].notna())].drop(columns="back")
    found = found.assign(rank=found["way"].map(ranks)).rename(columns={"at": "touched"})
    both = orders.reset_index(names="order").merge(found, on="profile")
    both = both[(both["touched"] <= both["at"]) & (both["touched"] > both["at"] - pd.Timedelta(days=days))]
    both = both.sort_values(["order", "rank", "touched", "run"], ascending=[True, True, False, False])
    return both.groupby("order").first().reset_index()
