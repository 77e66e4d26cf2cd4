"""The HTTP edge: strict bodies, problem documents, one transaction per request, idempotency, paging parameters."""

from .edge import EdgeMiddleware, provide_tx
from .params import PageParams, provide_page
from .problems import exception_handlers
from .strict import Body, Strict

__all__ = ["Body", "EdgeMiddleware", "PageParams", "Strict", "exception_handlers", "provide_page", "provide_tx"]
