"""The HTTP edge: strict bodies, problem documents, a transaction per request, idempotency, paging parameters, files."""

from .edge import EdgeMiddleware, provide_tx
from .files import csv_file
from .params import PageParams, provide_page
from .problems import exception_handlers
from .strict import Body, Strict

__all__ = [
    "Body",
    "EdgeMiddleware",
    "PageParams",
    "Strict",
    "csv_file",
    "exception_handlers",
    "provide_page",
    "provide_tx",
]
