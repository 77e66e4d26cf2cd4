"""Problems: the one way in which any layer refuses something (RFC 9457)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class FieldError:
    """One wrong place in the input: ``pointer`` is a JSON pointer (RFC 6901), ``message`` a sentence for a person."""

    pointer: str
    message: str


class Problem(Exception):
    """A refusal with an HTTP status, a short title, a detail for a person and the fields at fault.

    Raised by any layer; the edge renders it as ``application/problem+json``. ``headers`` are added to the reply
    (``Retry-After``); ``extra`` members are added to the document.
    """

    def __init__(
        self,
        status: int,
        title: str,
        detail: str = "",
        errors: Iterable[FieldError] = (),
        *,
        type_: str = "about:blank",
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail or title)
        self.status = status
        self.title = title
        self.detail = detail or title
        self.errors = tuple(errors)
        self.type = type_
        self.headers = dict(headers or {})
        self.extra = dict(extra or {})

    def document(self) -> dict[str, Any]:
        """Return the problem document as a plain dict, ready to be encoded."""
        doc: dict[str, Any] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
            "errors": [{"pointer": e.pointer, "message": e.message} for e in self.errors],
        }
        doc.update(self.extra)
        return doc


def malformed(detail: str) -> Problem:
    """400: the request could not be read at all."""
    return Problem(400, "Malformed request", detail)


def unauthenticated(detail: str = "Sign in, or send a valid token in the Authorization header") -> Problem:
    """401: nobody is signed in."""
    return Problem(401, "Not signed in", detail, headers={"WWW-Authenticate": "Bearer"})


def forbidden(detail: str) -> Problem:
    """403: the actor lacks a right; ``detail`` names it and who grants it."""
    return Problem(403, "Not allowed", detail)


def not_found(what: str, id_: object) -> Problem:
    """404: ``what`` (such as ``"Segment"``) with this id does not exist, or not for this actor."""
    return Problem(404, f"{what} not found", f"There is no {what.lower()} {id_}")


def conflict(detail: str, *errors: FieldError, **extra: Any) -> Problem:
    """409: the request is fine but the state of things forbids it."""
    return Problem(409, "Conflict", detail, errors, extra=extra)


def name_taken(what: str, name: str) -> Problem:
    """409: another ``what`` (such as ``"segment"``) has the name; said at the name's field, with what to do."""
    said = f"Another {what} is called {name}; choose another name"
    return conflict(said, FieldError("/name", said))


def too_large(detail: str) -> Problem:
    """413: body, file or batch over its limit."""
    return Problem(413, "Too large", detail)


def invalid(*errors: FieldError, detail: str = "") -> Problem:
    """422: well-formed but invalid; ``errors`` name each field and the reason."""
    return Problem(422, "Invalid", detail or "; ".join(e.message for e in errors[:3]), errors)


def invalid_field(pointer: str, message: str) -> Problem:
    """422 with a single field at fault."""
    return invalid(FieldError(pointer, message))


def too_many(detail: str, retry_after: int) -> Problem:
    """429: a limit on rate was reached; ``retry_after`` is in seconds."""
    return Problem(429, "Too many requests", detail, headers={"Retry-After": str(max(1, retry_after))})


def unavailable(detail: str, retry_after: int = 5) -> Problem:
    """503: an engine does not answer at the moment; nothing was written."""
    return Problem(503, "Unavailable", detail, headers={"Retry-After": str(retry_after)})
