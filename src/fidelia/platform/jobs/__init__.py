"""Jobs: long work with state, progress, cancel and a result, run by procrastinate in chunks.

A capability creates a job inside its own transaction with :func:`create` and answers 202 with it; it declares what the
job does with ``@task(kind, queue=…)`` in its ``tasks.py``. A job may be run again after a crash: it must be idempotent.
"""

from .model import JobOut, JobRef, JobReply
from .registry import Cancelled, Ending, JobContext, Task, periodic, task, tasks
from .store import cancel, create, get, last_of, outcome, outcomes, pages, purge, some

__all__ = [
    "Cancelled",
    "Ending",
    "JobContext",
    "JobOut",
    "JobRef",
    "JobReply",
    "Task",
    "cancel",
    "create",
    "get",
    "last_of",
    "outcome",
    "outcomes",
    "pages",
    "periodic",
    "purge",
    "some",
    "task",
    "tasks",
]
