"""Files that go with mails: what may, what they are called, and the mail that a strict reader gets."""

from __future__ import annotations

import base64
import email
import email.policy
import io
import zipfile
from datetime import UTC, datetime

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fidelia.messages.channels.email.files import disposition
from fidelia.messages.channels.email.mime import Content, Skeleton
from fidelia.messages.content.attachments import rules
from fidelia.messages.markup.model import LoadedFile

from ..test_mailings import ok
from .conftest import Post

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)


def archive(**members: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name, data in members.items():
            made.writestr(name.replace("__", "/").replace("_", "."), data)
    return out.getvalue()


async def upload(api: httpx.AsyncClient, template_id: int, name: str, data: bytes) -> httpx.Response:
    path = f"/api/v1/templates/{template_id}/attachments"
    return await api.post(path, files={"file": (name, data, "application/octet-stream")})


async def test_from_an_upload_to_the_mail(post: Post) -> None:
    template_id = await post.template("<p>See the list</p>")
    path = f"/api/v1/templates/{template_id}"
    made = await ok(await upload(post.api, template_id, "Preisliste Köln.pdf", PDF))
    assert [(f["name"], f["type"], f["size"]) for f in made["attachments"]] == [
        ("Preisliste Köln.pdf", "application/pdf", len(PDF))
    ]
    assert made["unpublished_changes"]
    database = await post.people(3)
    before = await post.mailing(database, template_id)
    published = await ok(await post.api.post(f"{path}/publish"))
    assert not published["unpublished_changes"]
    mailing_id = await post.mailing(database, template_id)
    await ok(await upload(post.api, template_id, "later.txt", b"later"))
    assert (await post.send(mailing_id))["sent"] == 3
    mail = email.message_from_bytes(await post.source(mailing_id), policy=email.policy.default)
    (attached,) = list(mail.iter_attachments())
    assert (attached.get_filename(), attached.get_content_type()) == ("Preisliste Köln.pdf", "application/pdf")
    assert attached.get_content() == PDF
    body = mail.get_body(("plain",))
    assert body is not None
    assert "See the list" in body.get_content()
    content = await post.api.get(f"{path}/attachments/content", params={"name": "Preisliste Köln.pdf"})
    assert content.content == PDF
    assert content.headers["x-content-type-options"] == "nosniff"
    shown = await ok(await post.api.post(f"/api/v1/mailings/{mailing_id}/preview", json={}))
    assert [f["name"] for f in shown["attachments"]] == ["Preisliste Köln.pdf"]
    draft = await ok(await post.api.post(f"{path}/preview", json={}))
    assert [f["name"] for f in draft["attachments"]] == ["Preisliste Köln.pdf", "later.txt"]
    await ok(await post.api.delete(f"{path}/attachments", params={"name": "later.txt"}))
    gone = await ok(await post.api.delete(f"{path}/attachments", params={"name": "Preisliste Köln.pdf"}))
    assert gone["attachments"] == []
    assert (await post.send(before))["sent"] == 3  # what is published keeps its file
    async with post.engines.db.hot() as raw:
        rows = await (await raw.execute("select size from attachment")).fetchall()
    assert rows == [(len(PDF),)]
    assert (await post.api.delete(f"{path}/attachments", params={"name": "x.pdf"})).status_code == 404


async def test_a_test_mail_has_the_files_too(post: Post) -> None:
    template_id = await post.template("<p>x</p>")
    await ok(await upload(post.api, template_id, "a.pdf", PDF))
    sent = await ok(await post.api.post(f"/api/v1/templates/{template_id}/test-send", json={"to": ["me@example.com"]}))
    assert sent["items"][0]["sent"]
    async with post.engines.db.hot() as raw:
        row = await (await raw.execute("select source from captured_mail order by id desc limit 1")).fetchone()
    assert row is not None
    mail = email.message_from_bytes(bytes(row[0]), policy=email.policy.default)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a.pdf"]


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("tool.exe", b"MZ\x90", "mail programs"),
        ("invoice.pdf", b"MZ\x90\x00", "a program"),
        ("invoice.pdf", b"<html>", "no PDF"),
        ("run.sh", b"#!/bin/sh", "mail programs"),
        ("notes.txt", b"#!/bin/sh\n", "a program"),
        ("page.html", b"<script>", "mail programs"),
        ("picture.svg", b"<svg onload=x>", "mail programs"),
        ("a.zip", archive(tool_exe=b"MZ"), "The archive holds tool.exe"),
        ("a.zip", archive(inner_zip=b"PK"), "The archive holds inner.zip"),
        ("a.zip", b"PK\x03\x04 broken", "damaged"),
        ("a.docx", archive(word__document_xml=b"<x/>", word__vbaProject_bin=b"x"), "macros"),
        ("a.docx", archive(xl__workbook_xml=b"<x/>"), "no DOCX"),
        ("empty.pdf", b"", "empty"),
        ("noending", b"x", "ending"),
        ("a.xyz", b"x", "cannot be attached"),
        ("data.csv", b"a;b\x00", "no CSV"),
    ],
)
async def test_what_may_not_go_with_a_mail(name: str, data: bytes, words: str) -> None:
    with pytest.raises(rules.Refused, match=words):
        rules.type_of(rules.safe_name(name), data)


async def test_limits(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    template_id = await post.template("<p>x</p>")
    monkeypatch.setattr(rules, "MAX_BYTES", 1000)
    assert (await upload(post.api, template_id, "a.txt", b"x" * 1001)).status_code == 413
    await ok(await upload(post.api, template_id, "a.txt", b"x" * 600))
    assert (await upload(post.api, template_id, "b.txt", b"x" * 600)).status_code == 413
    await ok(await upload(post.api, template_id, "a.txt", b"y" * 900))  # in place of the former
    refused = await upload(post.api, template_id, "b.exe", b"x")
    assert refused.json()["errors"][0]["pointer"] == "/file"
    path = f"/api/v1/templates/{template_id}/attachments"
    assert (await post.api.post(path, json={})).status_code == 400
    assert (await post.api.post(path, files={"other": ("a.txt", b"x")})).status_code == 422


@pytest.mark.parametrize(
    ("given_name", "name"),
    [
        ("../../etc/list.pdf", "list.pdf"),
        ("C:\\temp\\list.pdf", "list.pdf"),
        ('a"\r\nX-Evil: 1.pdf', "a___X-Evil_ 1.pdf"),
        ("invoice\u202efdp.exe.pdf", "invoicefdp.exe.pdf"),
        ("x" * 300 + ".pdf", "x" * 116 + ".pdf"),
        (" ..list.pdf. ", "list.pdf"),
    ],
)
def test_names(given_name: str, name: str) -> None:
    assert rules.safe_name(given_name) == name


def parsed(files: list[LoadedFile]) -> email.message.EmailMessage:
    skeleton = Skeleton(from_email="shop@example.org", files=files)
    content = Content("p1@example.com", "Hi", "plain\n", "<p>hyper</p>\n", "id@example.org")
    data = skeleton.build(content, NOW)
    assert b"\r\n" in data
    assert data.replace(b"\r\n", b"").count(b"\n") == 0
    assert max(map(len, data.split(b"\r\n"))) <= 998
    made = email.message_from_bytes(data, policy=email.policy.strict)
    assert [part.defects for part in made.walk() if part.defects] == []
    return made  # type: ignore[return-value]


@given(st.text(max_size=150), st.binary(max_size=300))
def test_every_name_and_content_comes_back(name: str, data: bytes) -> None:
    try:
        safe = rules.safe_name(f"{name}.pdf")
    except rules.Refused:
        return
    made = parsed([LoadedFile(safe, "application/pdf", len(data), "0" * 64, data)])
    assert made.get_content_type() == "multipart/mixed"
    alternative, attached = made.iter_parts()
    assert alternative.get_content_type() == "multipart/alternative"
    assert attached.get_filename() == safe
    assert attached.get_content_disposition() == "attachment"
    assert base64.b64decode(attached.get_payload()) == data
    assert len(made.keys()) == len(set(made.keys())) == 7


def test_names_that_break_a_header_are_refused() -> None:
    for name in ("a\r\nBcc: x@example.org.pdf", "a\n.pdf", "\x00", "", "  "):
        with pytest.raises(ValueError, match="control character"):
            disposition(name)
    with pytest.raises(ValueError, match="no type"):
        parsed([LoadedFile("a.pdf", "application/pdf\r\nX: y", 1, "", b"x")])


def test_without_files_nothing_changes() -> None:
    made = parsed([])
    assert made.get_content_type() == "multipart/alternative"
    assert "multipart/mixed" not in made.as_string()


def test_the_size_told_is_the_size_sent() -> None:
    for size in (0, 1, 57, 58, 1000):
        data = b"x" * size
        coded = base64.encodebytes(data).replace(b"\n", b"\r\n")
        assert rules.encoded_size(size) == len(coded)
