"""The web side of access: who is calling, what they may do, and the routes of users, tokens and the audit log."""

from .guards import check_routes, guard_right, provide_actor
from .middleware import CSRF_COOKIE, SESSION_COOKIE, AuthMiddleware

__all__ = ["CSRF_COOKIE", "SESSION_COOKIE", "AuthMiddleware", "check_routes", "guard_right", "provide_actor"]
