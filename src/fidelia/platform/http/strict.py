"""Strict request bodies: no coercion, no unknown fields, errors with a JSON pointer."""

from __future__ import annotations

import re
from collections.abc import Generator
from typing import Any, Generic, TypeVar

import msgspec
from litestar.dto import AbstractDTO
from litestar.types import Empty

from fidelia.kernel.errors import FieldError, Problem, invalid, malformed

T = TypeVar("T")

_WHERE = re.compile(r" - at `(?P<path>[^`]*)`$")
_MEMBER = re.compile(r"(?:contains unknown|missing required) field `(?P<name>[^`]*)`")


class Body(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base of request bodies: frozen, and a field nobody knows is refused."""


def pointer_of(message: str) -> tuple[str, str]:
    """Split msgspec's message into a JSON pointer and the reason."""
    found = _WHERE.search(message)
    path = found["path"].removeprefix("$") if found else ""
    reason = message[: found.start()] if found else message
    pointer = re.sub(r"\[(\d+|\.\.\.)\]", r"/\1", path).replace(".", "/").replace("/.../", "/*/")
    pointer = pointer.replace("//", "/").replace("/...", "/*")
    member = _MEMBER.search(reason)
    if member:
        pointer += "/" + member["name"].replace("~", "~0").replace("/", "~1")
    return pointer, reason


def decode_problem(exc: Exception) -> Problem:
    """Turn an error of msgspec's decoder into 422 (well-formed but wrong) or 400 (not readable)."""
    if isinstance(exc, msgspec.ValidationError):
        pointer, reason = pointer_of(str(exc))
        return invalid(FieldError(pointer, reason))
    if isinstance(exc, RecursionError):
        return malformed("The body is nested too deeply")
    return malformed(f"The body is not valid JSON: {exc}")


class Strict(AbstractDTO[T], Generic[T]):
    """``@post(dto=Strict[SegmentIn], return_dto=None)``: decode with msgspec's own strict rules."""

    decoder: msgspec.json.Decoder[Any]

    @classmethod
    def create_for_field_definition(cls, field_definition: Any, handler_id: str, backend_cls: Any = None) -> None:
        """Keep a decoder for the annotated type; no transfer models are made."""
        cls._dto_backends = getattr(cls, "_dto_backends", {})
        cls._dto_backends.setdefault(handler_id, {})
        cls.decoder = msgspec.json.Decoder(field_definition.raw)

    @classmethod
    def generate_field_definitions(cls, model_type: type[Any]) -> Generator[Any, None, None]:
        """Yield nothing: the Struct itself is the model."""
        yield from ()

    @classmethod
    def detect_nested_field(cls, field_definition: Any) -> bool:
        """Tell Litestar that there is nothing nested to look into."""
        return False

    def decode_bytes(self, value: bytes) -> Any:
        """Decode a body; raise a Problem naming the place."""
        if not value:
            raise malformed("A JSON body is needed, and there is none")
        try:
            return self.decoder.decode(value)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as exc:
            raise decode_problem(exc) from exc

    def decode_builtins(self, value: Any) -> Any:
        """Convert an already decoded body by the same strict rules."""
        if value is Empty:
            raise malformed("A JSON body is needed, and there is none")
        try:
            return msgspec.convert(value, self.decoder.type)
        except msgspec.ValidationError as exc:
            raise decode_problem(exc) from exc

    @classmethod
    def create_openapi_schema(cls, field_definition: Any, handler_id: str, schema_creator: Any) -> Any:
        """Describe the Struct itself in OpenAPI."""
        return schema_creator.for_field_definition(field_definition)
