"""Users, roles, sessions, tokens and the audit log: who acts, what they may do, and what they did."""

from . import secrets
from .actor import Actor
from .credentials import Known, csrf_token
from .credentials import by_session as verify_session
from .credentials import by_token as verify_token
from .model import AuditOut, SessionOut, TokenOut, UserOut
from .rules import ALL_RIGHTS, RIGHTS, ROLES
from .secrets import SecretError
from .secrets import decrypt as decrypt_secret
from .secrets import encrypt as encrypt_secret
from .service.login import sign_in
from .service.names import actor_names
from .service.tokens import NewToken, create_token, get_token, list_tokens, revoke_token
from .service.users import (
    change_user,
    create_user,
    disable_user,
    enable_user,
    end_sessions,
    ensure_admin,
    get_user,
    list_sessions,
    list_users,
    set_password,
    user_by_email,
)
from .trail import audit, read_audit

__all__ = [
    "ALL_RIGHTS",
    "RIGHTS",
    "ROLES",
    "Actor",
    "AuditOut",
    "Known",
    "NewToken",
    "SecretError",
    "SessionOut",
    "TokenOut",
    "UserOut",
    "actor_names",
    "audit",
    "change_user",
    "create_token",
    "create_user",
    "csrf_token",
    "decrypt_secret",
    "disable_user",
    "enable_user",
    "encrypt_secret",
    "end_sessions",
    "ensure_admin",
    "get_token",
    "get_user",
    "list_sessions",
    "list_tokens",
    "list_users",
    "read_audit",
    "revoke_token",
    "secrets",
    "set_password",
    "sign_in",
    "user_by_email",
    "verify_session",
    "verify_token",
]
