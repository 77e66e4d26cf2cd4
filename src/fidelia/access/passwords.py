"""Passwords: argon2 in a thread, at most two at a time, because one takes a core and 64 MiB for about 0.1 s."""

from __future__ import annotations

import secrets

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

hasher = PasswordHasher()
_AT_ONCE = 2
_limiters: dict[int, anyio.CapacityLimiter] = {}
_unknown: list[str] = []


def _limiter() -> anyio.CapacityLimiter:
    import asyncio

    loop = id(asyncio.get_running_loop())
    if loop not in _limiters:
        _limiters.clear()  # one loop a process; tests may have had another
        _limiters[loop] = anyio.CapacityLimiter(_AT_ONCE)
    return _limiters[loop]


async def hash_password(password: str) -> str:
    """Return the hash to store."""
    return await anyio.to_thread.run_sync(hasher.hash, password, limiter=_limiter())


async def verify_password(stored: str | None, password: str) -> bool:
    """Tell whether a password fits. Without a stored hash the same work is done and the answer is no."""

    def check() -> bool:
        if stored is None and not _unknown:
            _unknown.append(hasher.hash(secrets.token_urlsafe(16)))
        try:
            hasher.verify(stored if stored is not None else _unknown[0], password)
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
        return stored is not None

    return await anyio.to_thread.run_sync(check, limiter=_limiter())


def needs_rehash(stored: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return hasher.check_needs_rehash(stored)


def generate_password() -> str:
    """Return a password that can be read aloud: four groups of five, 98 random bits."""
    alphabet = "abcdefghjkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(alphabet) for _ in range(5)) for _ in range(4))
