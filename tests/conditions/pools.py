"""Values with awkward edges: what the universe is filled with and what generated rules ask for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

TEXTS = [
    *(
        "Oslo",
        "oslo",
        "OSLO",
        "ΑΣ",
        "ας",
        "ΑΣ.",
        "σ",
        "İstanbul",
        "i̇stanbul",
        "ıstanbul",
        "straße",
        "STRASSE",
        "ẞ",
        "ß",
    ),
    *("", " ", "a'b", 'q"\\', "line\nbreak", "100%", "_", "éclair", "e\u0301clair", "ǅ", "Ω", "ω", "\u212a", "k", "K"),
    *(
        "😀 party",
        "\t",
        "ab",
        "Ab",
        "0",
        "12",
        "NULL",
        "\\N",
        "\u1c89",
        "\U00010d50x",
        "true",
        "2026-03-29",
        "{c0}",
        "ﬁ",
        "ſ",
    ),
]
TAGS = ["VIP", "vip", "Früh", "FRÜH", "new", "a'b", "Σ", "ς"]
INTEGERS = [0, 1, -1, 2, 3, 7, 40, 41, 2**53 + 1, 2**63 - 1, -(2**63), 100]
FLOATS = [0.0, 0.1, 0.2, 0.30000000000000004, 1.5, -2.25, 1e17, 5e-324, 0.29, 1e300, 3.0, 2.5, 1e-7, 1234567.891]
DECIMALS = [
    Decimal(t) for t in ("0", "0.0001", "-0.0001", "9.99", "10.0000", "10.5", "99999999999999.9999", "-3", "0.3")
]
ZONES = ["UTC", "Europe/Oslo", "America/Havana", "Asia/Kathmandu", "America/Sao_Paulo", "Pacific/Apia"]
NOWS = [
    datetime(2026, 11, 21, 12, 0, tzinfo=UTC),
    datetime(2026, 3, 29, 1, 30, tzinfo=UTC),  # Oslo has just lost an hour
    datetime(2026, 10, 25, 0, 59, 59, 999000, tzinfo=UTC),  # and wins it back
    datetime(2028, 2, 29, 23, 0, tzinfo=UTC),
    datetime(2026, 3, 1, 0, 0, tzinfo=UTC),
    datetime(2027, 2, 28, 10, 0, tzinfo=UTC),  # who was born on a 29th has their day
    datetime(2026, 3, 8, 5, 0, 0, 1000, tzinfo=UTC),  # Havana skips midnight
]
DURATIONS = [
    "P0D",
    "P1D",
    "P2D",
    "P7D",
    "P1M",
    "P1Y",
    "P1Y2M3D",
    "PT1H",
    "PT24H",
    "P1DT1H",
    "P30D",
    "P2W",
    "P18Y",
    "PT1S",
]
DATES = [
    date(2000, 2, 29),
    date(1999, 2, 28),
    date(1950, 12, 31),
    date(2026, 3, 29),
    date(2026, 11, 21),
    date(1900, 1, 1),
]
DATES += [
    date(2026, 11, 20),
    date(2026, 10, 25),
    date(2027, 3, 1),
    date(2024, 2, 29),
    date(2299, 12, 31),
    date(2026, 3, 1),
]
COLOURS = ["red", "Green", "BLUE"]
IPS = ["192.0.2.7", "192.0.2.255", "10.0.0.1", "2001:db8::1", "::1", "::ffff:192.0.2.7", "255.255.255.255"]
NETWORKS = ["192.0.2.0/24", "10.0.0.0/8", "2001:db8::/32", "::/0", "0.0.0.0/0", "192.0.2.7/32"]
PATTERNS = [
    "^o",
    "s+",
    "ß",
    "[[:alpha:]]+$",
    "a.b",
    r"\d",
    "(?i)OSLO",
    "^$",
    "os|ab",
    r"\bk",
    "ς",
    "İ",
    "e.b",
    r"^\S+$",
    ".",
]
BRANCHES = [("Food",), ("Food", "Dairy"), ("Food", "Dairy", "Milk"), ("Non-Food", "Tools"), ("food", "Σοφία")]
MAILINGS = [1, 2, 3]
ODD_KEYS = ("a.b", 'say "hi"', "it's", "ключ 😀", "", "back\\slash`tick", "1")


def edges() -> list[datetime]:
    """Moments on and beside the edges of windows that rules may have."""
    found: set[datetime] = set()
    for now in NOWS:
        for days in (0, 1, 7, 30):
            found.add(now - timedelta(days=days))
        for zone in ZONES[:4]:
            local = now.astimezone(ZoneInfo(zone))
            found.add(local.replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC))
    beside = {moment + timedelta(milliseconds=n) for moment in found for n in (-1, 0, 1)}
    return sorted(beside | {datetime(1970, 1, 1, tzinfo=UTC), datetime(2031, 5, 5, 5, 5, 5, 5000, tzinfo=UTC)})


MOMENTS = edges()
