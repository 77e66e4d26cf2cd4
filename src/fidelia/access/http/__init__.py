"""The web side of access: who is calling, what they may do, and the routes of users, tokens and the audit log."""

from .auth import AuthController
from .guards import check_routes, guard_right, provide_actor
from .middleware import CSRF_COOKIE, SESSION_COOKIE, AuthMiddleware
from .tokens import AuditController, TokenController
from .users import RoleController, UserController
from .views import ViewController

routers = [AuthController, UserController, RoleController, TokenController, AuditController, ViewController]

__all__ = ["CSRF_COOKIE", "SESSION_COOKIE", "AuthMiddleware", "check_routes", "guard_right", "provide_actor", "routers"]
