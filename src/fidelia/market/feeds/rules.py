"""Pure decisions: what may be stored, whether a secret still belongs to where it leads, keys of parameters."""

from __future__ import annotations

import re
import unicodedata
from base64 import b64encode
from collections.abc import Mapping, Sequence
from functools import lru_cache

from fidelia.kernel.errors import FieldError
from fidelia.platform.fetch import FetchProblem, check_headers, origin_of, read_url

from ..fields import fits
from ..model import FieldType
from .model import FeedAddress, FeedSource, MarketFeedMapping
from .reading import PROPERTY, TARGETS

MAX_KEY = 60
_KEY = re.compile(r"^[a-z][a-z0-9_]{0,62}$")
_LATIN = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
        "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i i e g".split(),
        strict=True,
    )
)


@lru_cache(4_096)
def key_of(name: str) -> str:
    """Return the key that a parameter is kept under: small Latin letters, figures and ``_``."""
    small = unicodedata.normalize("NFKD", name.casefold().replace("й", "\u0001")).replace("\u0001", "й")
    text = "".join(_LATIN.get(c, c) for c in small if not unicodedata.combining(c))
    text = re.sub(r"[^a-z0-9]+", "_", text.replace("_", "")).strip("_")
    if not text:
        text = "field_" + "_".join(f"{ord(c):x}" for c in name[:8])
    return (text if text[0].isalpha() else f"n_{text}")[:MAX_KEY].rstrip("_")


def type_of(values: Sequence[str]) -> FieldType:
    """Return what all of some texts look like: whole numbers, numbers, true or false, days; texts otherwise."""
    kinds: tuple[FieldType, ...] = ("int", "float", "bool", "date")
    return next((kind for kind in kinds if values and all(as_typed(kind, v) is not None for v in values)), "string")


def as_typed(type_: FieldType, text: str | list[str]) -> object | None:
    """Return a text as a value of a type, ``None`` when it is none."""
    if type_ == "list":
        return text if isinstance(text, list) else [text]
    if isinstance(text, list):
        return ", ".join(text) if type_ == "string" else None
    value: object = text
    plain = text.strip().replace("\u00a0", "").replace(" ", "")
    if type_ == "int":
        value = int(plain) if re.fullmatch(r"-?[0-9]{1,15}", plain) else None
    elif type_ == "float":
        number = plain.replace(",", ".") if plain.count(",") == 1 and "." not in plain else plain
        value = float(number) if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,15})?", number) else None
    elif type_ == "bool":
        value = {"true": True, "false": False, "yes": True, "no": False, "да": True, "нет": False}.get(plain.lower())
    return value if value is not None and fits(type_, value) else None


def name_errors(name: str) -> list[FieldError]:
    """Return what is wrong with a name."""
    return [] if name.strip() and "\x00" not in name else [FieldError("/name", "Enter a name for the feed")]


def source_errors(source: FeedSource, *, has_secret: bool, has_file: bool) -> list[FieldError]:
    """Return what is wrong with a source, as far as it shows without going there."""
    if not isinstance(source, FeedAddress):
        return [] if has_file else [FieldError("/file", "Choose a file")]
    errors: list[FieldError] = []
    try:
        read_url(source.url)
    except FetchProblem as exc:
        errors.append(FieldError("/source/url", exc.detail))
    if source.auth == "header":
        try:
            check_headers({source.header: "x"})
        except FetchProblem as exc:
            errors.append(FieldError("/source/header", exc.detail))
    if source.auth == "basic" and (not source.username or ":" in source.username):
        errors.append(FieldError("/source/username", "Enter the user name; it has no colon"))
    if source.auth != "none" and not has_secret:
        errors.append(FieldError("/secret", "Enter the password or token that signs in"))
    return errors


def secret_errors(secret: str | None) -> list[FieldError]:
    """Return what is wrong with a secret."""
    if secret is not None and any(c in secret for c in "\x00\r\n"):
        return [FieldError("/secret", "A password or token has one line")]
    return []


def same_door(before: FeedSource, after: FeedSource) -> bool:
    """Tell whether a secret given for one source may be used for another: the same server, as well protected."""
    if not isinstance(before, FeedAddress) or not isinstance(after, FeedAddress):
        return False
    try:
        return origin_of(read_url(before.url)) == origin_of(read_url(after.url))
    except FetchProblem:
        return False


def credentials(source: FeedAddress, secret: str | None) -> dict[str, str]:
    """Return the headers that sign in."""
    if source.auth == "none" or secret is None:
        return {}
    if source.auth == "basic":
        return {"Authorization": "Basic " + b64encode(f"{source.username}:{secret}".encode()).decode()}
    return {"Authorization": f"Bearer {secret}"} if source.auth == "bearer" else {source.header: secret}


def mapping_errors(items: Sequence[MarketFeedMapping]) -> list[FieldError]:
    """Return what is wrong with a mapping."""
    errors = []
    seen: set[str] = set()
    for n, item in enumerate(items):
        if item.name in seen:
            errors.append(FieldError(f"/mapping/{n}/name", f"{item.name} stands here twice"))
        seen.add(item.name)
        key = (item.field or "").removeprefix(PROPERTY)
        if item.field is None or item.field in TARGETS:
            continue
        if not item.field.startswith(PROPERTY) or not _KEY.fullmatch(key):
            what = f"This must be one of {', '.join(TARGETS)}, or property. and a key like property.roast"
            errors.append(FieldError(f"/mapping/{n}/field", what))
    return errors


def as_mapping(items: Sequence[MarketFeedMapping]) -> Mapping[str, str | None]:
    """Return a mapping as readers take it."""
    return {item.name: item.field for item in items}
