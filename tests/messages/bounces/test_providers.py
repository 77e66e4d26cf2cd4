"""What delivery providers tell by their webhooks, each in its own words, leads to the mail it is about."""

from __future__ import annotations

import contextlib
import json
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fidelia.messages.bounces import providers
from fidelia.messages.bounces.verp import return_path
from fidelia.messages.service.outlet import signer
from fidelia.platform.engines import Engines

from .test_bounces import sent

BASE = "/api/v1/messages/bounces/providers"
ADDRESS = "someone@example.com"


def ses(token: str, kind: str, **more: Any) -> dict[str, Any]:
    headers = [{"name": "Message-ID", "value": f"<{token}@shop.example.org>"}, {"name": "Subject", "value": "News"}]
    mail = {"messageId": "0000014644fe5ef6-9a483358", "source": "shop@example.org", "headers": headers}
    said = {"notificationType": kind, "mail": mail, **more}
    return {"Type": "Notification", "MessageId": "da41e39f", "TopicArn": "arn", "Message": json.dumps(said)}


def ses_bounce(token: str, kind: str, subtype: str, status: str, text: str) -> dict[str, Any]:
    who = {"emailAddress": ADDRESS, "status": status, "action": "failed", "diagnosticCode": text}
    return ses(token, "Bounce", bounce={"bounceType": kind, "bounceSubType": subtype, "bouncedRecipients": [who]})


def mailgun(token: str, event: str, **more: Any) -> dict[str, Any]:
    message = {"headers": {"message-id": f"{token}@shop.example.org", "to": ADDRESS}}
    data = {"event": event, "recipient": ADDRESS, "message": message, **more}
    return {"signature": {"timestamp": "1529006854", "token": "a8ce0edb", "signature": "d2271d12"}, "event-data": data}


def sendgrid(token: str, event: str, **more: Any) -> list[dict[str, Any]]:
    return [{"email": ADDRESS, "event": event, "smtp-id": f"<{token}@shop.example.org>", "sg_event_id": "x", **more}]


def sparkpost(token: str, kind: str, **more: Any) -> list[dict[str, Any]]:
    event = {"type": kind, "msg_from": return_path(token, "back.example.org"), "rcpt_to": ADDRESS, **more}
    return [{"msys": {"message_event": event}}]


GONE = "smtp; 550 5.1.1 user unknown"
FULL = "smtp; 552 5.2.2 mailbox full"
CASES: list[tuple[str, Any, str, bool | None]] = [
    ("amazon_ses", lambda t: ses_bounce(t, "Permanent", "General", "5.1.1", GONE), "bounced", True),
    ("amazon_ses", lambda t: ses_bounce(t, "Transient", "MailboxFull", "5.2.2", FULL), "bounced", False),
    ("amazon_ses", lambda t: ses_bounce(t, "Permanent", "ContentRejected", "5.6.1", "no"), "bounced", False),
    ("amazon_ses", lambda t: ses(t, "Complaint", complaint={"complaintFeedbackType": "abuse"}), "complained", None),
    (
        "mailgun",
        lambda t: mailgun(t, "failed", severity="permanent", **{"delivery-status": {"code": 550, "message": GONE}}),
        "bounced",
        True,
    ),
    (
        "mailgun",
        lambda t: mailgun(t, "failed", severity="temporary", **{"delivery-status": {"code": 452, "message": FULL}}),
        "bounced",
        False,
    ),
    ("mailgun", lambda t: mailgun(t, "complained"), "complained", None),
    ("sendgrid", lambda t: sendgrid(t, "bounce", type="bounce", status="5.1.1", reason=GONE), "bounced", True),
    ("sendgrid", lambda t: sendgrid(t, "bounce", type="blocked", status="5.7.1", reason="blocked"), "bounced", False),
    ("sendgrid", lambda t: sendgrid(t, "dropped", reason="Bounced Address"), "bounced", True),
    ("sendgrid", lambda t: sendgrid(t, "spamreport"), "complained", None),
    (
        "sparkpost",
        lambda t: sparkpost(t, "bounce", bounce_class="10", raw_reason=GONE),
        "bounced",
        True,
    ),
    (
        "sparkpost",
        lambda t: sparkpost(t, "bounce", bounce_class="22", raw_reason=FULL),
        "bounced",
        False,
    ),
    ("sparkpost", lambda t: sparkpost(t, "spam_complaint", fbtype="abuse"), "complained", None),
]


@pytest.mark.parametrize(("provider", "make", "outcome", "hard"), CASES)
def test_each_is_read(provider: str, make: Any, outcome: str, hard: bool | None) -> None:
    token = "AbCdEfGhIjKlMnOpQrStUv"
    (told,) = providers.told(provider, json.dumps(make(token)).encode())
    assert (told.outcome, token in told.tokens) == (outcome, True)
    assert hard is None or told.hard is hard


@pytest.mark.parametrize(
    ("provider", "said"),
    [
        ("amazon_ses", ses("t" * 20, "Delivery", delivery={})),
        ("amazon_ses", {"Type": "UnsubscribeConfirmation", "Message": "x"}),
        ("mailgun", mailgun("t" * 20, "opened")),
        ("sendgrid", sendgrid("t" * 20, "processed")),
        ("sendgrid", []),
        ("sparkpost", [{"msys": {}}]),
        ("sparkpost", sparkpost("t" * 20, "delivery")),
    ],
)
def test_what_did_not_come_back_is_left_out(provider: str, said: Any) -> None:
    assert providers.told(provider, json.dumps(said).encode()) == []


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    "Type",
                    "Message",
                    "event",
                    "event-data",
                    "message",
                    "headers",
                    "bounce",
                    "mail",
                    "msys",
                    "type",
                    "name",
                ]
            ),
            inner | st.sampled_from(["bounce", "failed", "Notification", "Bounce", "dropped", "complained"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(providers.PROVIDERS)), values)
@settings(max_examples=400, deadline=None)
def test_nothing_that_is_sent_breaks_it(provider: str, said: Any) -> None:
    with contextlib.suppress(providers.Unreadable):
        providers.told(provider, json.dumps(said).encode())


async def test_a_webhook_stops_dead_addresses(api: httpx.AsyncClient, engines: Engines) -> None:
    run, _ = await sent(engines)
    known = {p["key"]: p["url"] for p in (await api.get(BASE)).json()["items"]}
    assert set(known) == set(providers.PROVIDERS)
    where = known["sendgrid"].removeprefix(engines.settings.url.rstrip("/"))
    tokens = [(await signer(engines)).token("m", run.id, n, 0) for n in (1, 2)]
    events = [
        *sendgrid(tokens[0], "bounce", type="bounce", status="5.1.1", reason=GONE),
        *sendgrid(tokens[1], "spamreport"),
        *sendgrid("X" * 22, "bounce", type="bounce", status="5.1.1", reason=GONE),
        *sendgrid(tokens[0], "delivered"),
    ]
    reply = await api.post(where, json=events)
    assert reply.status_code == 200, reply.text
    assert reply.json() == {"bounced": 1, "complained": 1, "ignored": 0, "unmatched": 1, "unreadable": 0}
    again = (await api.post(where, json=events)).json()
    assert (again["bounced"], again["complained"], again["ignored"]) == (0, 0, 2)
    page = (await api.get(f"/api/v1/mailings/{run.plan.mailing_id}/people", params={"state": "bounced"})).json()
    assert [(p["profile_id"], p["reason"]) for p in page["items"]] == [(1, "Hard: The address does not exist")]


async def test_amazon_asks_first(api: httpx.AsyncClient, engines: Engines) -> None:
    known = {p["key"]: p["url"] for p in (await api.get(BASE)).json()["items"]}
    where = known["amazon_ses"].removeprefix(engines.settings.url.rstrip("/"))
    url = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=2336412f37"
    asked = {"Type": "SubscriptionConfirmation", "Token": "2336412f37", "SubscribeURL": url}
    reply = await api.post(where, content=json.dumps(asked), headers={"Content-Type": "text/plain; charset=UTF-8"})
    assert (reply.status_code, reply.json()["unreadable"]) == (200, 1), reply.text
    newest = (await api.get("/api/v1/messages/bounces")).json()["items"][0]
    assert url in newest["reason"]
    assert (await api.get(f"/api/v1/messages/bounces/{newest['id']}")).json()["content"] == url


async def test_other_addresses_and_nonsense(api: httpx.AsyncClient, engines: Engines) -> None:
    known = {p["key"]: p["url"] for p in (await api.get(BASE)).json()["items"]}
    where = known["mailgun"].removeprefix(engines.settings.url.rstrip("/"))
    amazon = known["amazon_ses"].removeprefix(engines.settings.url.rstrip("/"))
    for content in ('{"Type": "Notification", "Message": "x"}', '{"Type": "Notification"}', "[[]]"):
        assert (await api.post(amazon, content=content)).status_code == 422
    for content in (b"{", b"7", b'"x"', b'{"event-data": 3}', b"\xff\xfe"):
        assert (await api.post(where, content=content)).status_code == 422
    assert (await api.post(where, content=b" " * 5_000_001)).status_code == 413
    assert (await api.post(where.replace("mailgun", "pigeon"), json={})).status_code == 404
    assert (await api.post(where[:-1] + ("0" if where[-1] != "0" else "1"), json={})).status_code == 404
