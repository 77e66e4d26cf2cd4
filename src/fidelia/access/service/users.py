"""Users: who may sign in, and as what."""

from __future__ import annotations

from collections.abc import Sequence

from fidelia.kernel.errors import FieldError, Problem, conflict, forbidden, invalid, not_found
from fidelia.kernel.paging import Page, PageRequest
from fidelia.platform.postgres import Tx

from ..actor import Actor
from ..credentials import memory
from ..model import SessionOut, UserOut
from ..passwords import generate_password, hash_password
from ..rules import check_email, check_name, check_roles, password_error, rights_of
from ..store import users as store
from ..trail import audit

ADMIN = "admin@localhost"


async def ensure_admin(tx: Tx) -> tuple[str, str] | None:
    """On an installation without users make ``admin@localhost`` an owner; return address and password, or ``None``."""
    if await store.lock_and_count(tx):
        return None
    password = generate_password()
    user_id = await store.insert(tx, ADMIN, "Administrator", await hash_password(password), [store.OWNER])
    await audit(
        tx,
        Actor.system(),
        "user.created",
        kind="user",
        object_id=user_id,
        name="Administrator",
        after={"email": ADMIN, "roles": [store.OWNER]},
    )
    return ADMIN, password


async def list_users(
    tx: Tx, page: PageRequest | None = None, *, role: str | None = None, disabled: bool | None = None
) -> Page[UserOut]:
    """Return a page of users, by name unless the page says otherwise."""
    return await store.pages(tx, page or PageRequest(limit=1000), role=role, disabled=disabled)


async def get_user(tx: Tx, user_id: int) -> UserOut:
    """Return a user; raise 404."""
    found = await store.get(tx, user_id)
    if found is None:
        raise not_found("User", user_id)
    return found


async def user_by_email(tx: Tx, email: str) -> UserOut:
    """Return the user with an address; raise 404."""
    found = await store.by_email(tx, email.strip().lower())
    if found is None:
        raise not_found("User", email)
    return found


def _address_taken(email: str) -> Problem:
    said = f"Another user has the address {email}; enter another, or open that user"
    return conflict(said, FieldError("/email", said))


async def create_user(
    tx: Tx, actor: Actor, *, email: str, name: str | None, roles: Sequence[str], password: str | None = None
) -> tuple[UserOut, str | None]:
    """Add a user. Without a password one is generated and returned beside the user, this once.

    Raises 422 for bad values, 409 when the address is taken, 403 for roles above the actor's own rights.
    """
    email = check_email(email)
    name = check_name(name if name is not None else email)
    wanted = check_roles(roles)
    if not wanted:
        raise invalid(FieldError("/roles", "Give at least one role"))
    _within(actor, wanted)
    generated = None
    if password is None:
        password = generated = generate_password()
    elif (fault := password_error(password, email)) is not None:
        raise invalid(fault)
    user_id = await store.insert(tx, email, name, await hash_password(password), wanted)
    if user_id is None:
        raise _address_taken(email)
    after = {"email": email, "name": name, "roles": wanted}
    await audit(tx, actor, "user.created", kind="user", object_id=user_id, name=name, after=after)
    return await get_user(tx, user_id), generated


async def change_user(
    tx: Tx,
    actor: Actor,
    user_id: int,
    *,
    email: str | None = None,
    name: str | None = None,
    roles: Sequence[str] | None = None,
) -> UserOut:
    """Change what is given. Raises 404, 409 (address taken, last owner), 422, 403."""
    owners = await store.lock_owners(tx)
    before = await _manageable(tx, actor, user_id)
    values: dict[str, object] = {}
    if email is not None:
        values["email"] = check_email(email)
        other = await store.by_email(tx, str(values["email"]))
        if other is not None and other.id != user_id:
            raise _address_taken(str(values["email"]))
    if name is not None:
        values["name"] = check_name(name)
    if roles is not None:
        wanted = check_roles(roles)
        if not wanted:
            raise invalid(FieldError("/roles", "Give at least one role; disable the user to take all rights away"))
        _within(actor, wanted)
        if store.OWNER not in wanted:
            _keep_an_owner(owners, user_id)
        values["roles"] = wanted
    values = {k: v for k, v in values.items() if getattr(before, k) != v}
    if not values:
        return before
    await store.update(tx, user_id, **values)
    memory(tx.engines).clear()
    after = await get_user(tx, user_id)
    await audit(
        tx,
        actor,
        "user.updated",
        kind="user",
        object_id=user_id,
        name=after.name,
        before={k: getattr(before, k) for k in values},
        after=values,
    )
    return after


async def disable_user(tx: Tx, actor: Actor, user_id: int) -> UserOut:
    """Close a user's sign-in and end the sessions; twice is as once. Raises 404, 403, and 409 for the last owner."""
    owners = await store.lock_owners(tx)
    before = await _manageable(tx, actor, user_id)
    if before.disabled_at is not None:
        return before
    _keep_an_owner(owners, user_id)
    await store.update(tx, user_id, disabled_at=tx.now)
    await store.end_sessions(tx, user_id)
    memory(tx.engines).clear()
    await audit(tx, actor, "user.disabled", kind="user", object_id=user_id, name=before.name)
    return await get_user(tx, user_id)


async def enable_user(tx: Tx, actor: Actor, user_id: int) -> UserOut:
    """Let a disabled user sign in again. Raises 404, 403."""
    before = await _manageable(tx, actor, user_id)
    if before.disabled_at is None:
        return before
    await store.update(tx, user_id, disabled_at=None)
    await audit(tx, actor, "user.enabled", kind="user", object_id=user_id, name=before.name)
    return await get_user(tx, user_id)


async def set_password(tx: Tx, actor: Actor, user_id: int, password: str | None = None) -> tuple[UserOut, str | None]:
    """Give a user another password and end the sessions; a generated one is returned. Raises 404, 403, 422."""
    user = await _manageable(tx, actor, user_id)
    generated = None
    if password is None:
        password = generated = generate_password()
    elif (fault := password_error(password, user.email)) is not None:
        raise invalid(fault)
    await store.update(tx, user_id, password_hash=await hash_password(password))
    await store.end_sessions(tx, user_id)
    memory(tx.engines).clear()
    await audit(tx, actor, "user.password_set", kind="user", object_id=user_id, name=user.name)
    return await get_user(tx, user_id), generated


async def list_sessions(tx: Tx, user_id: int, current: int | None = None) -> list[SessionOut]:
    """Return a user's open sessions; raise 404 for nobody."""
    await get_user(tx, user_id)
    return await store.sessions(tx, user_id, current)


async def end_sessions(tx: Tx, actor: Actor, user_id: int, *, only: int | None = None, keep: int | None = None) -> int:
    """End one session of a user, or all, or all but one; return how many. Raises 404 for no such user or session."""
    user = await get_user(tx, user_id)
    count = await store.end_sessions(tx, user_id, only=only, keep=keep)
    if only is not None and not count:
        raise not_found("Session", only)
    memory(tx.engines).clear()
    if count:
        after = {"sessions": count}
        await audit(tx, actor, "user.signed_out", kind="user", object_id=user_id, name=user.name, after=after)
    return count


async def end_own_session(tx: Tx, actor: Actor, session_id: int) -> None:
    """End one of the caller's own sessions; raise 404 for one of somebody else."""
    if actor.kind != "user" or actor.id is None:
        raise not_found("Session", session_id)
    await end_sessions(tx, actor, actor.id, only=session_id)


def _within(actor: Actor, roles: Sequence[str]) -> None:
    """Refuse to give rights away that the giver does not hold."""
    missing = sorted(rights_of(roles) - actor.rights)
    if missing:
        raise forbidden(f"You cannot give rights that you do not hold yourself: {', '.join(missing[:5])}")


async def _manageable(tx: Tx, actor: Actor, user_id: int) -> UserOut:
    """Return a user whom the actor may change: one who holds no right above the actor's own."""
    user = await get_user(tx, user_id)
    if rights_of(user.roles) - actor.rights:
        raise forbidden("You cannot change somebody who holds more rights than you do")
    return user


def _keep_an_owner(owners: set[int], leaving: int) -> None:
    if owners == {leaving}:
        raise conflict("This is the last owner. Make somebody else an owner first, then try again.")
