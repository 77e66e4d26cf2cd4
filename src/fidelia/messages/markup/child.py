"""The compiling process: reads one request from standard input, answers on standard output, and is gone.

Run as a file, so that nothing but the compiler is imported. Its memory and time are capped: whatever a template does to
it, nothing else is harmed.
"""

from __future__ import annotations

import resource
import sys
import types
from functools import partial
from pathlib import Path

MEMORY = 1 << 30
SECONDS = 5


def main() -> None:
    """Answer one request."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    face = types.ModuleType("fidelia.messages")  # the compiler without the capability around it
    face.__path__ = [str(Path(__file__).parent.parent)]
    sys.modules["fidelia.messages"] = face
    import msgspec

    from fidelia.messages.markup.fields import FieldRenderer, compile_any, preview_fields
    from fidelia.messages.markup.model import Rendered, WorkReply, WorkRequest
    from fidelia.messages.markup.render import Renderer, preview

    request = msgspec.json.decode(sys.stdin.buffer.read(), type=WorkRequest)
    reply = compile_any(request.source)
    rendered = []
    if reply.compiled is not None and request.contexts:
        if request.source.shape is not None:
            show = partial(preview_fields, FieldRenderer(reply.compiled))
        else:
            show = partial(preview, Renderer(reply.compiled))
        for values in request.contexts:
            links = values.pop("links", {})
            try:
                rendered.append(show(values, links))
            except (ValueError, TypeError, OverflowError, RecursionError) as exc:  # a value no template can hold
                rendered.append(Rendered(error=f"A value cannot be used: {exc}"))
    sys.stdout.buffer.write(msgspec.json.encode(WorkReply(reply, rendered)))


if __name__ == "__main__":
    main()
