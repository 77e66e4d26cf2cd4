"""Pure decisions: what may be stored, and whether a secret still belongs to where it leads."""

from __future__ import annotations

from fidelia.kernel.errors import FieldError
from fidelia.platform.fetch import FetchProblem, check_headers, origin_of, read_url

from .model import ImportSource, SqlSource, UrlSource


def name_errors(name: str) -> list[FieldError]:
    """Return what is wrong with a name."""
    if not name.strip() or "\x00" in name:
        return [FieldError("/name", "Enter a name for the scheduled import")]
    return []


def source_errors(source: ImportSource, *, has_secret: bool) -> list[FieldError]:
    """Return what is wrong with a source, as far as it shows without going there."""
    if isinstance(source, SqlSource):
        return _sql_errors(source)
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


def _sql_errors(source: SqlSource) -> list[FieldError]:
    errors = [
        FieldError(f"/source/{name}", "This holds characters that no name has")
        for name in ("host", "database", "username")
        if any(c < " " or c == "\x7f" for c in getattr(source, name))
    ]
    if any(c in source.host for c in "/\\@, ") and not errors:
        errors.append(FieldError("/source/host", "Enter the name or address of one server"))
    if not source.query.strip("; \t\r\n") or "\x00" in source.query:
        errors.append(FieldError("/source/query", "Enter a query, such as SELECT email, city FROM customers"))
    return errors


def secret_errors(secret: str | None) -> list[FieldError]:
    """Return what is wrong with a secret."""
    if secret is not None and any(c in secret for c in "\x00\r\n"):
        return [FieldError("/secret", "A password or token has one line")]
    return []


def same_door(before: ImportSource, after: ImportSource) -> bool:
    """Tell whether a secret given for one source may be used for another: the same server, as well protected.

    Otherwise whoever may change a source could have its secret sent to a server of theirs.
    """
    if isinstance(before, UrlSource) and isinstance(after, UrlSource):
        try:
            return origin_of(read_url(before.url)) == origin_of(read_url(after.url))
        except FetchProblem:
            return False
    if isinstance(before, SqlSource) and isinstance(after, SqlSource):
        places = [(s.driver, s.host.lower(), s.port) for s in (before, after)]
        strength = ("disable", "prefer", "require", "verify")
        return places[0] == places[1] and strength.index(after.tls) >= strength.index(before.tls)
    return False
