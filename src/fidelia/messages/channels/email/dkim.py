"""DKIM signatures (RFC 6376, RFC 8463): relaxed header and body, one key for a domain.

Headers that are signed are named once more than they occur where a second one could mislead a reader (From, Subject,
To, Date), so that none can be added on the way.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, padding, rsa

Algorithm = Literal["rsa-sha256", "ed25519-sha256"]
RSA_BITS = 2048

#: What a signature covers, in this order; the one-click headers must be covered (RFC 8058, section 4).
_SIGNED = (
    "from to reply-to subject date message-id mime-version content-type content-transfer-encoding list-id"
    " list-unsubscribe list-unsubscribe-post feedback-id"
).split()
_TWICE = ("from", "to", "subject", "date")
_FOLDED = re.compile(rb"\r\n[ \t]")
_BLANKS = re.compile(rb"[ \t]+")
_WIDTH = 72


class KeyRefused(ValueError):
    """A private key that cannot sign: not a key, of another kind, or too short."""


def generate(algorithm: Algorithm) -> bytes:
    """Return a fresh private key as PEM (PKCS 8, not encrypted)."""
    key: rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
    if algorithm == "ed25519-sha256":
        key = ed25519.Ed25519PrivateKey.generate()
    else:
        key = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


class DkimSigner:
    """Signs mails of one domain with one key.

    Raises:
        KeyRefused: the PEM holds no key that DKIM knows, or an RSA key of fewer than 1,024 bits (RFC 8301).
    """

    def __init__(self, domain: str, selector: str, pem: bytes) -> None:
        try:
            key = serialization.load_pem_private_key(pem, password=None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as exc:
            raise KeyRefused("This is no private key in PEM without a password") from exc
        if not isinstance(key, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey):
            raise KeyRefused("DKIM signs with RSA or Ed25519 keys only")
        if isinstance(key, rsa.RSAPrivateKey) and key.key_size < 1024:
            raise KeyRefused(f"An RSA key of {key.key_size} bits is too short; use {RSA_BITS}")
        self.domain, self.selector = domain, selector
        self._key = key
        self._padding, self._hash = padding.PKCS1v15(), hashes.SHA256()
        self.algorithm: Algorithm = "rsa-sha256" if isinstance(key, rsa.RSAPrivateKey) else "ed25519-sha256"
        self._head = f"v=1; a={self.algorithm}; c=relaxed/relaxed; d={domain}; s={selector};"

    def record(self) -> str:
        """Return the text of the DNS record at ``selector._domainkey.domain``."""
        public = self._key.public_key()
        if isinstance(public, rsa.RSAPublicKey):
            kind, data = (
                "rsa",
                public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo),
            )
        else:
            kind, data = "ed25519", public.public_bytes_raw()
        return f"v=DKIM1; k={kind}; p={base64.b64encode(data).decode()}"

    def header(self, message: bytes, now: datetime) -> bytes:
        """Return the header line, with its line end, to put before a message with CRLF line ends."""
        head, _, body = message.partition(b"\r\n\r\n")
        found = _headers(head + b"\r\n")
        names: list[str] = []
        signed: list[bytes] = []
        for name in _SIGNED:
            values = found.get(name.encode(), ())
            names += [name] * (len(values) + (name in _TWICE))
            signed += reversed(values)  # the last one of a name is the first that a signature covers
        body_hash = base64.b64encode(hashlib.sha256(relaxed_body(body)).digest()).decode()
        start = f"{self._head} t={int(now.timestamp())};\r\n bh={body_hash};\r\n h={_fold_names(names)};\r\n b="
        signed.append(relaxed_header(b"DKIM-Signature: " + start.encode())[:-2])
        signature = base64.b64encode(self._sign(b"".join(signed))).decode()
        folded = "\r\n ".join(signature[at : at + _WIDTH] for at in range(0, len(signature), _WIDTH))
        return f"DKIM-Signature: {start}{folded}\r\n".encode()

    def _sign(self, data: bytes) -> bytes:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(hashlib.sha256(data).digest())  # RFC 8463, section 3
        return self._key.sign(data, self._padding, self._hash)


def _headers(head: bytes) -> dict[bytes, list[bytes]]:
    """Return the relaxed header lines by lower-case name."""
    found: dict[bytes, list[bytes]] = {}
    for line in _FOLDED.sub(b" ", head).split(b"\r\n"):
        if line:
            made = relaxed_header(line)
            found.setdefault(made[: made.index(b":")], []).append(made)
    return found


def _fold_names(names: Sequence[str]) -> str:
    half = (len(names) + 1) // 2
    return ":".join(names[:half]) + ":\r\n  " + ":".join(names[half:])


def relaxed_header(line: bytes) -> bytes:
    """Return a header line as RFC 6376, section 3.4.2, has it signed, with its line end."""
    name, _, value = line.partition(b":")
    value = _BLANKS.sub(b" ", _FOLDED.sub(b" ", value)).strip(b" \r\n")
    return name.strip().lower() + b":" + value + b"\r\n"


def relaxed_body(body: bytes) -> bytes:
    """Return a body as RFC 6376, section 3.4.4, has it hashed."""
    if not body:
        return b""
    if not body.endswith(b"\r\n"):
        body += b"\r\n"
    body = body.replace(b"\t", b" ")
    while b"  " in body:  # several times quicker than a regular expression on a whole mail
        body = body.replace(b"  ", b" ")
    body = body.replace(b" \r\n", b"\r\n")
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    return b"" if body == b"\r\n" else body
