"""``fidelia user`` and ``fidelia token``: who may do what."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from .common import CliError, Config, Data, say, table
from .connect import Api, platform

users = typer.Typer(help="Users who sign in.", no_args_is_help=True, rich_markup_mode=None)
tokens = typer.Typer(help="API tokens for programs.", no_args_is_help=True, rich_markup_mode=None)

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The user's address")]
PasswordStdin = Annotated[bool, typer.Option("--password-stdin", help="Read the password from standard input")]


@users.command("create")
def create_user(
    email: Email,
    name: Annotated[str | None, typer.Option(help="Full name [default: the address]", show_default=False)] = None,
    role: Annotated[list[str] | None, typer.Option(help="Role; may be given more than once [default: viewer]")] = None,
    password_stdin: PasswordStdin = False,
    data: Data = None,
    config: Config = None,
) -> None:
    """Create a user; without --password-stdin a password is asked for, or made up and printed once."""
    password = _password(password_stdin)
    body: dict[str, Any] = {"email": email, "name": name, "roles": role or ["viewer"], "password": password}
    with platform(data, config) as api:
        made = api.post("/users", body)
    say(f"{made['user']['email']} was created")
    _show_password(made)


@users.command("list")
def list_users(data: Data = None, config: Config = None) -> None:
    """List every user with roles and state."""
    with platform(data, config) as api:
        found = list(api.items("/users"))
    rows = [[u["email"], u["name"], ", ".join(u["roles"]), "disabled" if u["disabled_at"] else "active"] for u in found]
    table(["e-mail", "name", "roles", "state"], rows)


@users.command("disable")
def disable_user(email: Email, data: Data = None, config: Config = None) -> None:
    """Disable a user: every session ends, nobody can sign in as them."""
    with platform(data, config) as api:
        api.post(f"/users/{_user(api, email)['id']}/disable")
    say(f"{email} was disabled")


@users.command("set-password")
def set_password(email: Email, password_stdin: PasswordStdin = False, data: Data = None, config: Config = None) -> None:
    """Give a user a new password: asked for, read from standard input, or made up and printed once."""
    password = _password(password_stdin)
    with platform(data, config) as api:
        made = api.post(f"/users/{_user(api, email)['id']}/password", {"password": password})
    say(f"{made['user']['email']} has a new password, and every session has ended")
    _show_password(made)


@tokens.command("create")
def create_token(
    name: Annotated[str, typer.Argument(help="What the token is for")],
    role: Annotated[list[str] | None, typer.Option(help="Role; may be given more than once [default: owner]")] = None,
    data: Data = None,
    config: Config = None,
) -> None:
    """Create an API token and print it; it cannot be shown again."""
    with platform(data, config) as api:
        say(api.post("/tokens", {"name": name, "roles": role or ["owner"]})["secret"])


@tokens.command("list")
def list_tokens(data: Data = None, config: Config = None) -> None:
    """List the tokens that are valid, without their secrets."""
    with platform(data, config) as api:
        found = list(api.items("/tokens", revoked=False))
    rows = [
        [str(t["id"]), t["name"], ", ".join(t["roles"]), t["created_at"], t["last_used_at"] or "never used"]
        for t in found
    ]
    table(["id", "name", "roles", "created", "last used"], rows)


@tokens.command("revoke")
def revoke_token(
    token_id: Annotated[int, typer.Argument(metavar="ID", help="As `fidelia token list` shows it")],
    data: Data = None,
    config: Config = None,
) -> None:
    """Revoke a token; calls with it are refused at once."""
    with platform(data, config) as api:
        api.delete(f"/tokens/{token_id}")
    say(f"Token {token_id} was revoked")


def _password(from_stdin: bool) -> str | None:
    """Return the password to set, or ``None`` to have one made up."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
        if not password:
            raise CliError("There is no password on standard input")
        return password
    if not sys.stdin.isatty():
        return None
    text: str = typer.prompt("Password (empty: make one up)", default="", hide_input=True, show_default=False)
    if text and typer.prompt("Again", hide_input=True) != text:
        raise CliError("The two passwords differ")
    return text or None


def _show_password(made: dict[str, Any]) -> None:
    if made["password"]:
        say(f"password {made['password']} (shown only now)")


def _user(api: Api, email: str) -> dict[str, Any]:
    for user in api.items("/users", q=email):
        if user["email"] == email.strip().lower():
            return user
    raise CliError(f"There is no user {email}")
