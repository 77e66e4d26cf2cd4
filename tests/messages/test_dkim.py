"""DKIM signatures, verified by another library than the one that makes them."""

from __future__ import annotations

from datetime import UTC, datetime

import dkim
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.messages.channels.email.dkim import Algorithm, DkimSigner, KeyRefused, generate, relaxed_body
from fidelia.messages.channels.email.mime import Content, Skeleton

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
ALGORITHMS: tuple[Algorithm, ...] = ("rsa-sha256", "ed25519-sha256")
KEYS = {algorithm: generate(algorithm) for algorithm in ALGORITHMS}
SIGNERS = {algorithm: DkimSigner("news.example.org", "f1", pem) for algorithm, pem in KEYS.items()}


def message(subject: str = "Hello", text: str = "Hi\n", html: str = "<p>Hi</p>") -> bytes:
    skeleton = Skeleton(
        from_email="hello@news.example.org",
        from_name="Ångström, Shop",
        reply_to="a@b.co",
        headers={"Feedback-ID": "1:2:f"},
    )
    unsubscribe = "https://news.example.org/t/u/abc"
    return skeleton.build(Content("p@example.com", subject, text, html, "m1@news.example.org", unsubscribe), NOW)


def verified(signer: DkimSigner, mail: bytes) -> bool:
    def lookup(name: bytes, timeout: float = 5) -> bytes:
        assert name == b"f1._domainkey.news.example.org."
        return signer.record().encode()

    return bool(dkim.verify(mail, dnsfunc=lookup, minkey=1024))


texts = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\r\x00"), max_size=300)


@given(texts, texts, st.sampled_from(ALGORITHMS))
@settings(max_examples=60, deadline=None)
def test_another_library_agrees(text: str, html: str, algorithm: Algorithm) -> None:
    signer, mail = SIGNERS[algorithm], message(text=text, html=html)
    assert verified(signer, signer.header(mail, NOW) + mail)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_what_was_changed_on_the_way_is_seen(algorithm: Algorithm) -> None:
    signer, mail = SIGNERS[algorithm], message(subject="Grüße aus dem hohen Norden, mit einem langen Betreff für alle")
    signed = signer.header(mail, NOW) + mail
    assert verified(signer, signed)
    for old, new in (
        (b"<p>Hi</p>", b"<p>Ho</p>"),
        (b"\r\nTo: p@", b"\r\nTo: q@"),
        (b"/t/u/abc", b"/t/u/abd"),
        (b"List-Unsubscribe-Post:", b"X-Unsubscribe-Post:"),
    ):
        assert old in signed
        assert not verified(signer, signed.replace(old, new)), old
    for added in (b"From: evil@example.net\r\n", b"Subject: Other\r\n", b"Date: Mon, 1 Jan 2024 00:00:00 +0000\r\n"):
        assert not verified(signer, added + signed), "a second header can be put before a signed one"


def test_blanks_may_change_on_the_way() -> None:
    signer = SIGNERS["rsa-sha256"]
    mail = message(text="a  b \nc\n\n")
    signed = signer.header(mail, NOW) + mail
    moved = signed.replace(b"a  b \r\n", b"a b\r\n").replace(b"Subject: Hello", b"subject:   Hello")
    assert moved != signed
    assert verified(signer, moved)


@pytest.mark.parametrize(
    ("body", "made"),
    [
        (b"", b""),
        (b"\r\n\r\n", b""),
        (b" \r\n", b""),
        (b"a", b"a\r\n"),
        (b"a \t b  \r\n\r\n \r\n", b"a b\r\n"),
        (b" c\r\n d \t e\r\n\r\n\r\n", b" c\r\n d e\r\n"),
    ],
)
def test_bodies_as_the_standard_has_them(body: bytes, made: bytes) -> None:
    assert relaxed_body(body) == made


def test_keys_that_cannot_sign_are_refused() -> None:
    def pem(key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey) -> bytes:
        return key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    for bad, why in (
        (b"", "no private key"),
        (KEYS["rsa-sha256"][:200], "no private key"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "RSA or Ed25519"),
    ):
        with pytest.raises(KeyRefused, match=why):
            DkimSigner("a.example", "s", bad)
