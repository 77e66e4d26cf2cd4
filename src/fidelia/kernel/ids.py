"""Identifiers: random ids for jobs and tokens, stable hashes for sampling and deduplication."""

from __future__ import annotations

import hashlib
import secrets
import uuid

MAX_PROFILE_ID = 2**32 - 1
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def random_id(length: int = 16) -> str:
    """Return a random lower-case id with about five bits a character, without look-alike letters."""
    found = ""
    while len(found) < length:  # one system call as a rule; the one value too many of 32 is thrown away
        found += "".join([_LETTERS[byte & 31] for byte in secrets.token_bytes(length + 8) if byte & 31 < 31])
    return found[:length]


def stable_uuid(*parts: object) -> uuid.UUID:
    """Return the same UUID for the same parts, on every machine (BLAKE2b, 128 bits)."""
    joined = "\x1f".join(str(p) for p in parts).encode()
    return uuid.UUID(bytes=hashlib.blake2b(joined, digest_size=16).digest())


def bucket(salt: str, profile_id: int, buckets: int = 10_000) -> int:
    """Return the stable bucket (0 … buckets − 1) of a profile under a salt (BLAKE2b keyed by the salt)."""
    digest = hashlib.blake2b(profile_id.to_bytes(8, "big"), digest_size=8, key=salt.encode()[:64]).digest()
    return int.from_bytes(digest, "big") % buckets
