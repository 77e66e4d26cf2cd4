"""The supervisor: one process that runs PostgreSQL, core, workers, senders and mailbox, and starts each again."""

from .child import FATAL_EXIT, LISTEN_VARIABLE, Child, Role
from .supervisor import StartError, Supervisor

__all__ = ["FATAL_EXIT", "LISTEN_VARIABLE", "Child", "Role", "StartError", "Supervisor"]
