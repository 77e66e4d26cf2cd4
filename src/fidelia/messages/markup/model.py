"""What goes into the compiler of templates and what comes out of it. Plain values: they cross a process boundary."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Format = Literal["mjml", "html"]
FragmentFormat = Literal["text", "html", "mjml"]
Severity = Literal["error", "warning"]

#: The roots a template may use; what is behind each is filled per recipient.
ROOTS = (
    "profile",
    "subscription",
    "event",
    "campaign",
    "loyalty",
    "market",
    "feeds",
    "links",
    "vars",
    "preferences_url",
    "confirm_url",
)
#: Addresses with a name of their own, and the link that each is (``confirm`` only in mails that ask to confirm).
URLS = {"preferences_url": "preferences", "confirm_url": "confirm"}
LINKS = ("unsubscribe", "web_version", "preferences")
MAX_SOURCE = 500_000
#: Gmail cuts a mail off above this many bytes of HTML.
CLIP_BYTES = 102 * 1024


class TemplateProblem(msgspec.Struct, frozen=True):
    """Something wrong with a template: ``part`` is body, text, subject or preheader; ``line`` counts from 1 there.

    Of what stands in a fragment, ``line`` is where the template includes it and ``fragment_line`` that of the fragment.
    """

    severity: Severity
    code: str
    message: str
    part: str = "body"
    line: int | None = None
    fragment: str | None = None
    fragment_line: int | None = None


class TemplateLink(msgspec.Struct, frozen=True):
    """A link of a template. ``url`` is the address, or the expression that makes it when ``dynamic``."""

    no: int
    url: str
    dynamic: bool = False


class FieldShape(msgspec.Struct, frozen=True):
    """A field of a channel's messages, as far as the compiler has to know it."""

    key: str
    label: str
    type: str
    required: bool


class FragmentSource(msgspec.Struct, frozen=True):
    """A part that templates include."""

    format: FragmentFormat
    body: str
    version: int = 0


class Outside(msgspec.Struct, frozen=True):
    """What a template names that is not in it. ``fragments`` are those included, themselves or by others, by key, and
    ``known`` the keys of all; ``refused`` says of segments (``in_segment.12``) and feeds (``feeds.weather``) why they
    cannot be used.
    """

    fragments: dict[str, FragmentSource] = {}
    known: list[str] = []
    refused: dict[str, str] = {}


class AttachedFile(msgspec.Struct, frozen=True):
    """A file that goes with each message; ``digest`` (SHA-256 in hex) is where its content is kept."""

    name: str
    type: str
    size: int
    digest: str


class LoadedFile(AttachedFile, frozen=True):
    """An attached file with its content, as a sender has it."""

    content: bytes = b""


class TemplateSource(msgspec.Struct, frozen=True):
    """What a person writes. ``text`` empty means: made from the body. ``fields``: those of profiles, if known.

    With a ``shape`` it is for a channel whose messages consist of such fields; ``content`` is what stands in them.
    """

    format: Format
    body: str
    subject: str = ""
    preheader: str = ""
    text: str = ""
    variables: dict[str, str] = {}
    fields: list[str] | None = None
    channel: str = "email"
    content: dict[str, str] = {}
    shape: list[FieldShape] | None = None
    outside: Outside = Outside()
    attachments: list[AttachedFile] = []


class Compiled(msgspec.Struct, frozen=True):
    """A template ready to be filled in: Jinja sources of each part, its links, and the fields and roots it uses.

    ``fragments`` are those it was made with, by key, with their versions. A segment it asks for is a use too
    (``in_segment.12``).
    """

    subject: str
    preheader: str
    html: str
    text: str
    links: list[TemplateLink]
    uses: list[str]
    variables: dict[str, str]
    fragments: dict[str, int] = {}
    attachments: list[AttachedFile] = []
    content: dict[str, str] = {}

    @property
    def unsubscribable(self) -> bool:
        """Tell whether the body offers a way out."""
        return any(use in self.uses for use in ("links.unsubscribe", "links.preferences", "preferences_url"))

    @property
    def confirms(self) -> bool:
        """Tell whether the body asks to confirm a subscription."""
        return "confirm_url" in self.uses


class CompileReply(msgspec.Struct, frozen=True):
    """The outcome of a compilation; ``compiled`` is null when an error stands in the way."""

    problems: list[TemplateProblem]
    compiled: Compiled | None = None


class Rendered(msgspec.Struct, frozen=True):
    """A message as one recipient gets it; ``error`` says why it cannot be made, then the rest is empty."""

    subject: str = ""
    preheader: str = ""
    html: str = ""
    text: str = ""
    error: str | None = None
    fields: dict[str, str] = {}


class WorkRequest(msgspec.Struct, frozen=True):
    """What the compiling process is asked: compile, then render for each context (the roots' values)."""

    source: TemplateSource
    contexts: list[dict[str, Any]] = []


class WorkReply(msgspec.Struct, frozen=True):
    """What it answers; ``rendered`` has one entry per context, none when the template does not compile."""

    reply: CompileReply
    rendered: list[Rendered] = []
