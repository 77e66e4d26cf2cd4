"""Every refusal leaves as an RFC 9457 problem document."""

from __future__ import annotations

import http as http_status
from typing import Any

import msgspec
import psycopg
import sqlalchemy.exc
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, MethodNotAllowedException, NotFoundException, ValidationException
from litestar.types import ExceptionHandlersMap

from fidelia.kernel.errors import FieldError, Problem, conflict, invalid, malformed, too_large, unavailable
from fidelia.platform.clickhouse import (
    ClickHouseError,
    ClickHouseUnavailable,
    QueryCancelled,
    QueryTimeout,
    QueryTooLarge,
)

MEDIA = "application/problem+json"
log = structlog.get_logger(__name__)


def respond(problem: Problem, request_id: str = "") -> Response[Any]:
    """Render a problem."""
    document = problem.document()
    if request_id:
        document["request_id"] = request_id
    return Response(
        content=msgspec.json.encode(document), status_code=problem.status, media_type=MEDIA, headers=problem.headers
    )


def _request_id(request: Request[Any, Any, Any]) -> str:
    return str(request.scope.get("fidelia_request_id", ""))


def on_problem(request: Request[Any, Any, Any], exc: Problem) -> Response[Any]:
    """Answer a Problem raised by any layer."""
    return respond(exc, _request_id(request))


def on_validation(request: Request[Any, Any, Any], exc: ValidationException) -> Response[Any]:
    """Answer Litestar's own check of path, query and headers: 422 with a pointer per parameter."""
    extra = exc.extra if isinstance(exc.extra, list) else []
    if any(isinstance(e, dict) and e.get("key") == "data" for e in extra):
        return respond(malformed("A JSON body is needed, and there is none"), _request_id(request))
    errors = [FieldError("/" + str(e.get("key", "")), str(e.get("message", ""))) for e in extra if isinstance(e, dict)]
    return respond(invalid(*errors, detail="" if errors else exc.detail), _request_id(request))


def on_http(request: Request[Any, Any, Any], exc: HTTPException) -> Response[Any]:
    """Answer Litestar's HTTP errors."""
    status = exc.status_code
    if isinstance(exc, NotFoundException):
        problem = Problem(404, "Not found", f"There is nothing at {request.url.path}")
    elif isinstance(exc, MethodNotAllowedException):
        problem = Problem(
            405, "Method not allowed", f"{request.method} is not possible here", headers=exc.headers or {}
        )
    elif status == 413:
        problem = too_large("The body is over the limit of this endpoint")
    elif status == 400:
        problem = malformed(exc.detail)
    else:
        problem = Problem(status, http_status.HTTPStatus(status).phrase, exc.detail, headers=exc.headers or {})
    return respond(problem, _request_id(request))


def on_database(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    """Answer what PostgreSQL refuses: the caller's fault where it is one, 503 when the server is away."""
    cause: BaseException | None = exc.orig if isinstance(exc, sqlalchemy.exc.DBAPIError) else exc
    if isinstance(cause, psycopg.errors.UniqueViolation):
        problem = conflict(_constraint_words(cause, "Something with this value exists already"))
    elif isinstance(cause, psycopg.errors.ForeignKeyViolation):
        problem = conflict(_constraint_words(cause, "Something else still uses this, or what it refers to is gone"))
    elif isinstance(cause, psycopg.errors.SerializationFailure | psycopg.errors.DeadlockDetected):
        problem = conflict("Somebody changed the same thing at the same moment; send the request again")
    elif isinstance(cause, psycopg.errors.DataError):
        problem = invalid(detail=f"A value cannot be stored: {cause.diag.message_primary or cause}")
    elif isinstance(cause, psycopg.OperationalError) or isinstance(exc, sqlalchemy.exc.TimeoutError):
        log.warning("database away", error=str(cause))
        problem = unavailable("The database does not answer at the moment; nothing was written")
    else:
        return on_any(request, exc)
    return respond(problem, _request_id(request))


def _constraint_words(cause: psycopg.Error, fallback: str) -> str:
    detail = cause.diag.message_detail
    return f"{fallback}: {detail}" if detail else fallback


def on_clickhouse(request: Request[Any, Any, Any], exc: ClickHouseError) -> Response[Any]:
    """Answer what ClickHouse refuses: a question that is too large or too slow, or an engine that is away."""
    if isinstance(exc, QueryTooLarge):
        problem = Problem(422, "Too large a question", "This question needs more memory than it may; narrow it")
    elif isinstance(exc, QueryTimeout):
        problem = Problem(422, "Too slow a question", "This question took longer than it may; narrow it")
    elif isinstance(exc, ClickHouseUnavailable | QueryCancelled):
        problem = unavailable("ClickHouse does not answer at the moment; nothing was written")
    else:
        return on_any(request, exc)
    return respond(problem, _request_id(request))


def on_any(request: Request[Any, Any, Any], exc: Exception) -> Response[Any]:
    """Answer a fault of ours: logged with its trace, told without one."""
    log.error("request failed", path=request.url.path, method=request.method, exc_info=exc)
    return respond(
        Problem(500, "Internal error", "Something went wrong here; it was logged under this request id"),
        _request_id(request),
    )


exception_handlers: ExceptionHandlersMap = {
    Problem: on_problem,
    ValidationException: on_validation,
    HTTPException: on_http,
    sqlalchemy.exc.SQLAlchemyError: on_database,
    psycopg.Error: on_database,
    ClickHouseError: on_clickhouse,
    Exception: on_any,
}
