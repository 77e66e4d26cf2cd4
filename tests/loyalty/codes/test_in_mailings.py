"""Codes in messages: everybody gets one of their own, the same when a message is made again; a dry pool blocks."""

from __future__ import annotations

import re
from typing import Any

import httpx
import pytest

from fidelia.loyalty import codes
from fidelia.loyalty.codes.model import PromoPool
from fidelia.messages.mailbox.server import MailboxServer
from fidelia.messages.model import MessageKey
from fidelia.messages.ports import hand_out
from fidelia.platform.engines import Engines
from tests.messages.conftest import mailbox
from tests.messages.test_mailings import mailing, ok, run_jobs, sums, template
from tests.messages.world import people

from .conftest import Vault

assert mailbox  # a fixture
BODY = (
    '<p>Your code: {{ loyalty.codes.%s }}!</p><p><a href="{{ links.web_version }}">Web</a> {{ links.unsubscribe }}</p>'
)


class Campaign:
    """A vault of ten people, and a mailing with a code."""

    def __init__(self, api: httpx.AsyncClient, vault: Vault, pool: PromoPool) -> None:
        self.api, self.vault, self.pool = api, vault, pool

    async def mailing(self, **more: Any) -> int:
        words = {"format": "html", "body": BODY % self.pool.short_name, "variables": {}}
        return await mailing(
            self.api, self.vault.database, await template(self.api, self.vault.database, **words), **more
        )

    async def send(self, number: int) -> dict[str, Any]:
        await ok(await self.api.post(f"/api/v1/mailings/{number}/start", json={}))
        await run_jobs(self.vault.engines)
        report = await ok(await self.api.get(f"/api/v1/mailings/{number}/report"))
        sums(report)
        return report

    async def codes_sent(self, number: int) -> dict[int, str]:
        """Return the code in each mail, by person."""
        mails = await ok(await self.api.get("/api/v1/mailbox", params={"mailing": number, "limit": 100}))
        found = {}
        for one in mails["items"]:
            mail = await ok(await self.api.get(f"/api/v1/mailbox/{one['id']}"))
            found[one["profile_id"]] = re.search(r"Your code: (\S+)!", mail["html"])[1]
        return found


async def made(engines: Engines, api: httpx.AsyncClient, stock: int, **settings: Any) -> Campaign:
    vault = Vault(engines, await people(engines, 10, name="codes"))
    return Campaign(api, vault, await vault.pool([f"MAIL{vault.database}-{n}" for n in range(stock)], **settings))


@pytest.mark.usefixtures("clock")
async def test_everybody_gets_a_code_of_their_own(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer
) -> None:
    shop = await made(engines, api, 12)
    number = await shop.mailing()
    estimate = await ok(await api.get(f"/api/v1/mailings/{number}/estimate"))
    assert estimate["checks"] == []
    assert (await shop.vault.figures(shop.pool)).left == 12  # looking takes none
    report = await shop.send(number)
    assert report["sent"] == 10
    sent = await shop.codes_sent(number)
    assert sorted(sent) == list(range(1, 11))
    assert len(set(sent.values())) == 10
    figures = await shop.vault.figures(shop.pool)
    assert (figures.left, figures.given) == (2, 10)
    # A message that is made again, as after a crash, has the same code.
    async with engines.tx() as tx:
        run = (await (await (await tx.raw()).execute("select max(id) from mailing_run")).fetchone())[0]
        uses = [f"loyalty.codes.{shop.pool.short_name}"]
        again = await hand_out(tx, shop.vault.database, run, [MessageKey(3), MessageKey(4)], uses)
        other = await hand_out(tx, shop.vault.database, run, [MessageKey(3, 77)], uses)
    names = {key.profile_id: values["loyalty"]["codes"][shop.pool.short_name] for key, values in again.values.items()}
    assert names == {3: sent[3], 4: sent[4]}
    assert other.values[MessageKey(3, 77)]["loyalty"]["codes"][shop.pool.short_name] not in sent.values()
    # The web version shows it, too, and takes none.
    mails = await ok(await api.get("/api/v1/mailbox", params={"mailing": number, "limit": 1}))
    mail = await ok(await api.get(f"/api/v1/mailbox/{mails['items'][0]['id']}"))
    page = await api.get(re.search(r'href="[^"]*?(/t/w/[^"]+)"', mail["html"])[1])
    assert page.status_code == 200
    assert sent[mails["items"][0]["profile_id"]] in page.text
    assert (await shop.vault.figures(shop.pool)).left == 1
    # Events say who got which.
    await engines.catch_up()
    rows = await engines.clickhouse.query(
        f"select profile, toString(props.code) from e_{shop.vault.database} final"
        " where type = 'loyalty.code_attached' and profile in (1, 2) order by profile"
    )
    assert rows == [(1, sent[1]), (2, sent[2])]


@pytest.mark.usefixtures("clock")
async def test_a_dry_pool_blocks_with_the_reason_and_is_told_before(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer
) -> None:
    shop = await made(engines, api, 7)
    number = await shop.mailing()
    estimate = await ok(await api.get(f"/api/v1/mailings/{number}/estimate"))
    told = [check["message"] for check in estimate["checks"]]
    assert told == [
        f"The pool {shop.pool.name} has 7 codes left for 10 people: 3 people would get no message. Make or import more"
    ]
    report = await shop.send(number)
    assert (report["sent"], report["blocked"]) == (7, 3)
    assert len(set((await shop.codes_sent(number)).values())) == 7
    reasons = await ok(await api.get(f"/api/v1/mailings/{number}/people", params={"state": "blocked"}))
    assert {one["reason"] for one in reasons["items"]} == {f"No codes are left in the pool {shop.pool.name}"}


@pytest.mark.usefixtures("clock")
async def test_a_mailing_makes_codes_where_it_may(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer
) -> None:
    shop = await made(engines, api, 2, mailings_create=True)
    number = await shop.mailing()
    assert (await ok(await api.get(f"/api/v1/mailings/{number}/estimate")))["checks"] == []
    assert (await shop.send(number))["sent"] == 10
    assert len(set((await shop.codes_sent(number)).values())) == 10
    assert (await shop.vault.figures(shop.pool)).made == 10


@pytest.mark.usefixtures("clock")
async def test_a_universal_code_goes_to_everybody(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer
) -> None:
    shop = await made(engines, api, 1, kind="universal", max_uses=None)
    number = await shop.mailing()
    assert (await shop.send(number))["sent"] == 10
    assert len(set((await shop.codes_sent(number)).values())) == 1
    figures = await shop.vault.figures(shop.pool)
    assert (figures.made, figures.given, figures.left) == (1, 10, None)


@pytest.mark.usefixtures("clock")
async def test_previews_and_tests_show_an_example(
    engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer
) -> None:
    shop = await made(engines, api, 3)
    number = await shop.mailing()
    shown = await ok(await api.post(f"/api/v1/mailings/{number}/preview", json={"profile_id": 1}))
    assert "Your code: T-OOOOOO!" in shown["html"]
    await ok(await api.post(f"/api/v1/mailings/{number}/test-send", json={"to": ["me@example.com"], "profile_id": 1}))
    draft = {"subject": "x", "format": "html", "body": BODY % shop.pool.short_name, "database_id": shop.vault.database}
    seen = await ok(await api.post("/api/v1/templates/preview", json={**draft, "profile_id": 1}))
    assert "T-OOOOOO" in seen["html"]
    assert (await shop.vault.figures(shop.pool)).left == 3


@pytest.mark.usefixtures("clock")
async def test_an_unknown_pool_is_told(engines: Engines, api: httpx.AsyncClient, mailbox: MailboxServer) -> None:
    shop = await made(engines, api, 3)
    words = {"format": "html", "body": BODY % "nothing", "variables": {}}
    number = await mailing(api, shop.vault.database, await template(api, shop.vault.database, **words))
    estimate = await ok(await api.get(f"/api/v1/mailings/{number}/estimate"))
    assert "There is no promo code pool nothing: nobody would get the message" in {
        check["message"] for check in estimate["checks"]
    }


async def test_people_are_forgotten_and_merged(vault: Vault) -> None:
    from pyroaring import BitMap

    from fidelia import profiles

    pool = await vault.pool([f"WHO-{n}" for n in range(4)])
    shared = await vault.pool(["WHO-ALL"], kind="universal", max_uses=None, max_uses_per_person=5)
    given = await vault.give(pool, "run:1", [20, 21, 22])
    await vault.give(shared, "run:1", [20, 21])
    await vault.use(20, "order:w1", "WHO-ALL")
    await vault.use(21, "order:w2", "WHO-ALL")
    async with vault.engines.tx() as tx:
        who = [profiles.Person(vault.database, n) for n in (20, 21)]
        move = profiles.Move(destination=who[0], sources=(who[1],), segments=False, triggers=False, actor="test")
        assert (await codes.merge_people(tx, move))["promo_codes"] == 2
    assert {one.code: one.attached for one in await vault.check(20, given[20], given[21])} == {
        given[20]: True,
        given[21]: True,
    }
    assert await vault.give(pool, "run:1", [20]) == {20: given[20]}
    found = {one["code"]: one for one in await codes.personal_data(vault.engines, vault.database, 20)}
    assert sorted(found) == sorted([given[20], given[21], "WHO-ALL"])
    assert found["WHO-ALL"]["uses"] == 2
    async with vault.engines.tx() as tx:
        await codes.forget_people(tx, vault.database, BitMap([20, 22]))
    assert await codes.personal_data(vault.engines, vault.database, 20) == []
    assert await vault.reasons(22, given[22]) == ["taken"]  # given away: nobody gets it a second time
    figures = await vault.figures(pool)
    assert (figures.left, figures.given) == (1, 3)
