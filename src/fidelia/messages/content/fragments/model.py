"""What others see of fragments."""

from __future__ import annotations

from datetime import datetime

import msgspec

from ...markup.model import FragmentFormat, TemplateProblem


class Fragment(msgspec.Struct, frozen=True, kw_only=True):
    """A part that templates include by its ``key``. Every save makes the next ``version``.

    ``includes`` are the fragments it includes itself; ``used_by`` counts the templates that name it, in their draft or
    in what is published.
    """

    id: int
    key: str
    name: str
    description: str
    format: FragmentFormat
    body: str
    version: int
    problems: list[TemplateProblem]
    includes: list[str]
    used_by: int
    archived_at: datetime | None
    created_at: datetime
    updated_at: datetime


class FragmentVersion(msgspec.Struct, frozen=True, kw_only=True):
    """What a fragment said before, or says now."""

    number: int
    format: FragmentFormat
    body: str
    saved_at: datetime
    saved_by: str


class FragmentUse(msgspec.Struct, frozen=True, kw_only=True):
    """A template that names a fragment. ``published`` is the fragment's version in what is sent, null when what is sent
    does without it; ``draft``: the draft names it.
    """

    template_id: int
    name: str
    draft: bool
    published: int | None


class NewerFragment(msgspec.Struct, frozen=True, kw_only=True):
    """A fragment that was changed since a template was published with it."""

    fragment_id: int
    key: str
    name: str
    published: int
    newest: int
