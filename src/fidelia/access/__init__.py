"""Users, roles, sessions, tokens and the audit log: who acts, what they may do, and what they did."""

from .actor import Actor
from .audit import audit
from .rules import ALL_RIGHTS, RIGHTS, ROLES

__all__ = ["ALL_RIGHTS", "RIGHTS", "ROLES", "Actor", "audit"]
