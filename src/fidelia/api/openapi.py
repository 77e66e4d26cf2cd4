"""The OpenAPI document as we serve it, and a readable page of it.

Litestar's own document is corrected in four places: a union of condition nodes becomes one named ``Condition`` with a
discriminator; other ``oneOf`` become ``anyOf`` (an integer matches both integer and number); every operation names the
problem documents it may answer; rights are shown in the description.
"""

from __future__ import annotations

import re
import sys
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

import msgspec
from litestar import Litestar, Request, Response, get
from litestar.types import ControllerRouterHandler

PROBLEM: dict[str, Any] = {
    "type": "object",
    "title": "Problem",
    "description": "RFC 9457 problem document",
    "required": ["type", "title", "status", "detail", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "message"],
                "properties": {"pointer": {"type": "string"}, "message": {"type": "string"}},
            },
        },
    },
}
STATUS = {
    "400": "Malformed request",
    "401": "Not signed in",
    "403": "Not allowed",
    "404": "Not found",
    "409": "Conflict",
    "413": "Too large",
    "422": "Invalid",
    "429": "Too many requests",
    "503": "An engine does not answer",
}
_PAGE = re.compile(rb"Page_(?:[A-Za-z0-9_]+\.)*([A-Za-z0-9]+)_(?=\")")
CONDITION = ("AllOf", "AnyOf", "Not", "Always", "Compare", "Occurred", "Related", "Member")


def document(app: Litestar) -> dict[str, Any]:
    """Return the corrected OpenAPI 3.1 document of an application."""
    raw: dict[str, Any] = msgspec.json.decode(
        _PAGE.sub(rb"\1Page", msgspec.json.encode(app.openapi_schema.to_schema()))
    )
    schemas = raw.setdefault("components", {}).setdefault("schemas", {})
    nodes = {name for name in schemas if name in CONDITION}
    kinds = {_kind(schemas[name]): name for name in sorted(nodes) if _kind(schemas[name])}
    fixed: dict[str, Any] = _walk(raw, frozenset(kinds.values()))
    schemas = fixed["components"]["schemas"]
    if kinds:
        schemas["Condition"] = {
            "description": "A condition tree; `kind` tells the node",
            "oneOf": [{"$ref": f"#/components/schemas/{name}"} for name in kinds.values()],
            "discriminator": {
                "propertyName": "kind",
                "mapping": {kind: f"#/components/schemas/{name}" for kind, name in kinds.items()},
            },
        }
    schemas["Problem"] = PROBLEM
    for path, item in fixed.get("paths", {}).items():
        for method, operation in item.items():
            if isinstance(operation, dict) and "responses" in operation:
                _name_problems(path, method, operation)
    fixed["components"]["schemas"] = dict(sorted(schemas.items()))
    fixed["paths"] = dict(sorted(fixed.get("paths", {}).items()))
    return fixed


def _kind(schema: dict[str, Any]) -> str:
    kind = schema.get("properties", {}).get("kind", {})
    return str(kind.get("const") or (kind.get("enum") or [""])[0])


def _walk(node: Any, conditions: frozenset[str]) -> Any:
    if isinstance(node, list):
        return [_walk(n, conditions) for n in node]
    if not isinstance(node, dict):
        return node
    out = {key: _walk(value, conditions) for key, value in node.items()}
    union = out.pop("oneOf", None)
    if union is None:
        return out
    names = {str(part.get("$ref", "")).rpartition("/")[2] for part in union}
    if conditions and conditions <= names:
        rest = [p for p in union if str(p.get("$ref", "")).rpartition("/")[2] not in conditions]
        reference = {"$ref": "#/components/schemas/Condition"}
        return {**out, "anyOf": [reference, *rest]} if rest else {**out, **reference}
    return {**out, "anyOf": union}


def _name_problems(path: str, method: str, operation: dict[str, Any]) -> None:
    body = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses = operation["responses"]
    responses.get("204", {}).pop("content", None)  # nothing follows, and so no type of it either
    wanted = {"400", "404", "422", "429", "503"}
    if path.startswith("/api/v1"):
        wanted |= {"401", "403", "409"}
    if method != "get":
        wanted |= {"409", "413"}
    if path.startswith("/t/"):  # people follow these links: refusals are pages
        body = {**body, "text/html": {"schema": {"type": "string"}}}
    for status in sorted(wanted | ({s for s in responses if s.startswith("4")})):
        declared = responses.get(status, {}).get("content", {})
        own = {media: content for media, content in declared.items() if media.startswith("text/")}
        responses[status] = {"description": STATUS.get(status, "Refused"), "content": {**body, **own}}


@lru_cache(maxsize=4)
def _encoded(app: Litestar) -> bytes:
    return msgspec.json.format(msgspec.json.encode(document(app)), indent=1)


@get("/api/v1/openapi.json", opt={"public": True}, include_in_schema=False)
async def openapi_json(request: Request[Any, Any, Any]) -> Response[bytes]:
    """Serve the document."""
    return Response(_encoded(request.app), media_type="application/json")


@get("/api/docs", opt={"public": True}, include_in_schema=False)
async def docs(request: Request[Any, Any, Any]) -> Response[str]:
    """Serve a readable page of every operation, without scripts and without anything from outside."""
    doc: dict[str, Any] = msgspec.json.decode(_encoded(request.app))
    groups: dict[str, list[str]] = {}
    for path, item in doc["paths"].items():
        for method, op in item.items():
            if not isinstance(op, dict) or "responses" not in op:
                continue
            tag = (op.get("tags") or ["Other"])[0]
            body = op.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
            name = str(body.get("$ref", "")).rpartition("/")[2]
            sends = f' <span>body <a href="#{escape(name)}">{escape(name)}</a></span>' if name else ""
            groups.setdefault(tag, []).append(
                f"<li><code><b>{method.upper()}</b> {escape(path)}</code> {escape(op.get('summary') or '')}{sends}</li>"
            )
    shapes = "".join(
        f'<details id="{escape(n)}"><summary><code>{escape(n)}</code> {escape(str(s.get("description") or ""))[:160]}'
        f"</summary><pre>{escape(msgspec.json.format(msgspec.json.encode(s), indent=2).decode())}</pre></details>"
        for n, s in doc["components"]["schemas"].items()
    )
    lists = "".join(f"<h2>{escape(tag)}</h2><ul>{''.join(rows)}</ul>" for tag, rows in sorted(groups.items()))
    return Response(DOCS.replace("@@LISTS@@", lists).replace("@@SHAPES@@", shapes), media_type="text/html")


DOCS = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Fidelia API</title>
<meta name="viewport" content="width=device-width,initial-scale=1"><style>
body{font:15px/1.6 system-ui;max-width:70rem;margin:2rem auto;padding:0 1rem;color:#192225;background:#F4F4F1}
code{font-size:13px}a{color:#046D7C}pre{overflow:auto;background:#fff;padding:1rem;border-radius:6px}li{margin:.2rem 0}
@media(prefers-color-scheme:dark){body{color:#E3E9E9;background:#0F1618}a{color:#61BCCD}pre{background:#171F21}}
</style><h1>Fidelia API</h1><p>OpenAPI 3.1: <a href="/api/v1/openapi.json">/api/v1/openapi.json</a>. Send
<code>Authorization: Bearer &lt;token&gt;</code>. Errors are problem documents (RFC 9457). Lists take
<code>limit cursor q sort</code>. A POST with an <code>Idempotency-Key</code> is done once.</p>@@LISTS@@
<h2>Shapes</h2>@@SHAPES@@</html>"""

openapi_routes: list[ControllerRouterHandler] = [openapi_json, docs]


def write(target: Path) -> None:
    """Write the document to a file, without any engine running."""
    from fidelia.platform.engines import Engines
    from fidelia.platform.postgres import Database
    from fidelia.settings import Settings

    from .app import create_app

    engines = Engines(settings=Settings(), db=Database("postgresql://nobody@/none?host=/nowhere"))
    target.write_bytes(_encoded(create_app(engines)) + b"\n")


if __name__ == "__main__":
    write(Path(sys.argv[1]))
