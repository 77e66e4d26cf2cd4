"""Every page that is pictured: its name, its address, and what is done on it first."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import NamedTuple

from playwright.sync_api import FilePayload, Page, expect

from .conftest import ROOT
from .objects import moved


class Shot(NamedTuple):
    """One picture of the whole page, after ``act``."""

    name: str
    path: str
    act: Callable[[Page], None] | None = None


def _report(page: Page) -> None:
    """Give the page a file of definitions, and wait for what would become of them."""
    text = json.dumps(moved()).encode()
    file: FilePayload = {"name": "segments.json", "mimeType": "application/json", "buffer": text}
    page.locator("input[type=file]").set_input_files(file)
    database = page.get_by_role("combobox", name="Database 5 here")
    database.click()
    page.get_by_role("option").first.click()
    page.get_by_role("button", name="Check again").click()
    expect(page.get_by_role("button", name="Check again")).to_have_count(0)


def _bulk(page: Page) -> None:
    """Count up and let go: a preview with people who are refused."""
    page.get_by_role("combobox", name="What to do").click()
    page.get_by_role("option", name="Add to a number").click()
    page.get_by_role("combobox", name="Field").click()
    page.get_by_role("option", name="Visits").click()
    page.get_by_label("Add (negative takes away)").fill("10")
    page.get_by_role("button", name="Add an operation").click()
    page.get_by_role("combobox", name="What to do").nth(1).click()
    page.get_by_role("option", name="Set the status").click()
    page.get_by_role("combobox", name="Status").click()
    page.get_by_role("option", name="Suspended").click()
    expect(page.get_by_role("button", name=re.compile("^Change .* people$"))).to_be_enabled()


def _bulk_subscribe(page: Page) -> None:
    page.get_by_role("combobox", name="What to do").click()
    page.get_by_role("option", name="Subscribe to", exact=True).click()


def _check(page: Page) -> None:
    page.get_by_role("button", name="Check the whole file").click()
    expect(page.get_by_text("would be created").first).to_be_visible()


def _query(page: Page) -> None:
    page.get_by_text("SQL query").click()


def _palette(page: Page) -> None:
    page.keyboard.press("Control+k")
    page.wait_for_timeout(300)
    page.keyboard.type("seg")


def _compare(page: Page) -> None:
    page.get_by_role("button", name="Compare the variants").click()
    expect(page.locator("iframe")).to_have_count(2)


def _picker(page: Page) -> None:
    page.get_by_role("button", name=re.compile(r"^(Add a )?rule", re.IGNORECASE)).first.click()


def _rule(page: Page) -> None:
    page.get_by_role("list", name="Response rules").get_by_role("button", expanded=False).first.click()
    expect(page.get_by_role("group", name="Condition 1").first).to_be_visible()


def _as_pictures(page: Page) -> None:
    page.get_by_text("Pictures", exact=True).click()


def _day(page: Page) -> None:
    today = page.locator("td[aria-current=date] button")
    if today.count():  # a phone has a list instead
        today.click()


def _sign_in_fails(page: Page) -> None:
    page.get_by_label("E-mail").fill("nobody@example.com")
    page.get_by_label("Password", exact=True).fill("not the password")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_be_visible()


def _basket(page: Page) -> None:
    """Try three bags of the dearest roast for somebody who is made up, with a code."""
    page.get_by_label("Product or SKU").first.fill("roast-9")
    page.keyboard.press("Escape")
    page.get_by_label("Quantity").first.fill("3")
    page.get_by_label("Currency", exact=True).fill("USD")
    expect(page.get_by_test_id("to-pay")).to_be_visible()


def _basket_rules(page: Page) -> None:
    """Open what the rules of one promotion saw, one that applies and one that does not."""
    for name in ("Rules of House roasts", "Rules of Gold members"):
        page.get_by_role("button", name=name).click()
    expect(page.get_by_role("button", name=re.compile("^Hide rules of"))).to_have_count(2)


def _basket_pinned(page: Page) -> None:
    """Pin a case as A, then take one bag less."""
    page.get_by_role("button", name="Pin as A").click()
    page.get_by_label("Quantity").first.fill("2")
    expect(page.get_by_role("region", name="A against B").get_by_text("To pay")).to_be_visible()


def _publish(page: Page) -> None:
    """Ask to publish a draft: the saved case changes."""
    page.get_by_role("button", name="Publish now").click()
    expect(page.get_by_test_id("check")).to_be_visible()


def _other_way(page: Page) -> None:
    page.get_by_role("button", name="What would the other way give?").click()
    expect(page.get_by_test_id("other-way")).to_be_visible()


def _leaving(page: Page) -> None:
    page.get_by_role("button", name="Unsubscribe from everything").click()
    expect(page.get_by_role("button", name="Keep it")).to_be_visible()


#: Pages that look the same whatever there is, and lists of which the installation has none yet.
EMPTY = [
    Shot("sign-in", "/sign-in"),
    Shot("sign-in-refused", "/sign-in", _sign_in_fails),
    Shot("home", "/"),
    Shot("search", "/search"),
    Shot("databases", "/databases"),
    Shot("mailings", "/mailings"),
    Shot("templates", "/templates"),
    Shot("mailbox", "/mailbox"),
    Shot("segments", "/segments"),
    Shot("segments-import", "/segments/import"),
    Shot("segments-compare", "/segments/compare"),
    Shot("products", "/market/products"),
    Shot("market-feeds", "/market/feeds"),
    Shot("market-feed-new", "/market/feeds/new"),
    Shot("product-segments", "/market/product-segments"),
    Shot("product-segment-new", "/market/product-segments/new"),
    Shot("product-segment-rules", "/market/product-segments/new?type=updatable&entity=product"),
    Shot("orders", "/market/orders"),
    Shot("consent", "/resources"),
    Shot("stop-lists", "/resources?tab=stop"),
    Shot("subscriptions", "/subscriptions"),
    Shot("value-lists", "/value-lists"),
    Shot("data-tables", "/value-lists?tab=tables"),
    Shot("relations", "/relations"),
    Shot("erasures", "/erasures"),
    Shot("jobs", "/jobs"),
    Shot("segment-new", "/segments/new"),
    Shot("mailing-new", "/mailings/new"),
    Shot("mailing-calendar", "/mailings/calendar"),
    Shot("mailing-calendar-day", "/mailings/calendar", _day),
    Shot("slots-empty", "/mailings/slots"),
    Shot("campaigns", "/campaigns"),
    Shot("programs", "/loyalty/programs"),
    Shot("program-new", "/loyalty/programs/new"),
    Shot("members-list", "/loyalty/members"),
    Shot("promotions", "/loyalty/promotions"),
    Shot("promotion-new", "/loyalty/promotions/new"),
    Shot("order-segments", "/loyalty/order-segments"),
    Shot("order-segment-new", "/loyalty/order-segments/new"),
    Shot("loyalty-test-empty", "/loyalty/test"),
    Shot("loyalty-analytics-empty", "/loyalty/analytics"),
    Shot("promo-codes", "/loyalty/codes"),
    Shot("promo-codes-new", "/loyalty/codes?drawer=pool:new"),
    Shot("campaign-new", "/campaigns/new"),
    Shot("account", "/settings/account"),
    Shot("users", "/settings/users"),
    Shot("roles", "/settings/roles"),
    Shot("tokens", "/settings/tokens"),
    Shot("mail-servers", "/settings/mail-servers"),
    Shot("senders", "/settings/senders"),
    Shot("sender-new", "/settings/senders/new"),
    Shot("domains", "/settings/domains"),
    Shot("domain-key", "/settings/domains?drawer=key:{dkim_key}"),
    Shot("returned", "/settings/returned"),
    Shot("returned-providers", "/settings/returned?drawer=providers"),
    Shot("channels", "/settings/channels"),
    Shot("policies", "/settings/policies"),
    Shot("hooks", "/settings/hooks"),
    Shot("audit", "/settings/audit"),
    Shot("installation", "/settings/installation"),
    Shot("database-add", "/databases?drawer=database:new"),
    Shot("missing", "/nowhere"),
]
#: Objects of a database that has nobody in it: pictured empty, inside the full installation.
BARE = [
    Shot("bare-database", "/databases/{other}"),
    Shot("bare-profiles", "/databases/{other}/profiles"),
    Shot("bare-imports", "/databases/{other}/imports"),
    Shot("bare-bulk-updates", "/databases/{other}/bulk-updates"),
    Shot("bare-exports", "/databases/{other}/exports"),
    Shot("bare-import-schedules", "/databases/{other}/import-schedules"),
    Shot("bare-duplicates", "/databases/{other}/duplicates"),
    Shot("bare-merge", "/databases/{other}/merge"),
    Shot("bare-control-group", "/databases/{other}/control-group"),
    Shot("bare-goals", "/databases/{other}/goals"),
    Shot("bare-event-types", "/databases/{other}/event-types"),
    Shot("bare-scores", "/databases/{other}/scores"),
]
FULL = [
    *(shot for shot in EMPTY if not shot.name.startswith("sign-in")),
    *BARE,
    Shot("palette", "/segments", _palette),
    Shot("no-match", "/market/products?q=zzzz"),
    Shot("view", "/market/products?view={view}&q=coffee&cols=-brand"),
    Shot("no-object", "/segments/999999"),
    Shot("search-found", "/search?q=Kari"),
    Shot("search-nobody", "/search?q=zzzz"),
    Shot("database", "/databases/{database}"),
    Shot("database-settings", "/databases/{database}?tab=settings"),
    Shot("field-new", "/databases/{database}?drawer=field:new"),
    Shot("profiles", "/databases/{database}/profiles"),
    Shot("profile", "/databases/{database}/profiles/1"),
    Shot("profile-orders", "/databases/{database}/profiles/1?tab=orders"),
    Shot("profile-fields", "/databases/{database}/profiles/1?tab=fields"),
    Shot("profile-long", "/databases/{database}/profiles/{long}"),
    Shot("profile-add", "/databases/{database}/profiles?drawer=profile:new"),
    Shot("profile-split", "/databases/{database}/profiles/1?drawer=profile:split"),
    Shot("profile-data", "/databases/{database}/profiles/1?drawer=profile:data"),
    Shot("profile-relate", "/databases/{database}/profiles/1?drawer=relate:new"),
    Shot("duplicates", "/databases/{database}/duplicates"),
    Shot("merge", "/databases/{database}/merge?people={kari}"),
    Shot("control-group", "/databases/{database}/control-group"),
    Shot("control-group-settings", "/databases/{database}/control-group?tab=group"),
    Shot("control-group-people", "/databases/{database}/control-group?tab=people"),
    Shot("control-group-history", "/databases/{database}/control-group?tab=history"),
    Shot("scores", "/databases/{database}/scores"),
    Shot("score-new", "/databases/{database}/scores?drawer=score:new"),
    Shot("score", "/databases/{database}/scores/{score}"),
    Shot("score-runs", "/databases/{database}/scores/{score}?tab=runs"),
    Shot("score-settings", "/databases/{database}/scores/{score}?tab=settings"),
    Shot("score-quantile", "/databases/{database}/scores/{quantile}"),
    Shot("bulk-updates", "/databases/{database}/bulk-updates"),
    Shot("bulk-new", "/databases/{database}/bulk-updates/new", _bulk),
    Shot("bulk-subscribe", "/databases/{database}/bulk-updates/new?segment={segment}", _bulk_subscribe),
    Shot("bulk-done", "/databases/{database}/bulk-updates/{bulk}"),
    Shot("exports", "/databases/{database}/exports"),
    Shot("export-new", "/databases/{database}/exports?ids=1,2,3"),
    Shot("imports", "/databases/{database}/imports"),
    Shot("import-new", "/databases/{database}/imports/new"),
    Shot("import-schedules", "/databases/{database}/import-schedules"),
    Shot("import-schedule-new", "/databases/{database}/import-schedules/new"),
    Shot("import-schedule-query", "/databases/{database}/import-schedules/new", _query),
    Shot("import-schedule", "/databases/{database}/import-schedules/{scheduled}"),
    Shot("import-schedule-settings", "/databases/{database}/import-schedules/{scheduled}?tab=settings"),
    Shot("import", "/databases/{database}/imports/{import}"),
    Shot("import-checked", "/databases/{database}/imports/{import}", _check),
    Shot("import-done", "/databases/{database}/imports/{imported}"),
    Shot("import-rejected", "/databases/{database}/imports/{imported}?tab=rejected"),
    Shot("profiles-of-figure", '/databases/{database}/profiles?filter=%7B"figure":["import:{imported}:all"]%7D'),
    Shot("value-list", "/value-lists/{list}"),
    Shot("value-list-files", "/value-lists/{list}?tab=files"),
    Shot("value-list-used", "/value-lists/{list}?tab=used"),
    Shot("value-list-fill", "/value-lists/{list}?drawer=fill:new"),
    Shot("value-list-new", "/value-lists?drawer=new:list"),
    Shot("data-table", "/data-tables/{table}"),
    Shot("data-table-columns", "/data-tables/{table}?tab=columns"),
    Shot("data-table-row", "/data-tables/{table}?drawer=row:new"),
    Shot("data-table-fill", "/data-tables/{table}?drawer=fill:new"),
    Shot("data-table-new", "/value-lists?tab=tables&drawer=new:table"),
    Shot("relation", "/relations?drawer=relation:{relation}"),
    Shot("segments-report", "/segments/import", _report),
    Shot("segments-compared", "/segments/compare?ids={segment},{lovers},{updatable}"),
    Shot("segment", "/segments/{segment}"),
    Shot("segment-why", "/segments/{segment}?drawer=why:1"),
    Shot("segment-used", "/segments/{segment}?tab=used"),
    Shot("segment-edit", "/segments/{segment}/edit"),
    Shot("segment-dynamic-new", "/segments/new?type=dynamic"),
    Shot("segment-nested", "/segments/{nested}/edit"),
    Shot("segment-nested-why", "/segments/{nested}/edit?drawer=why:1"),
    Shot("segment-picker", "/segments/{nested}/edit", _picker),
    Shot("segment-updatable", "/segments/{updatable}"),
    Shot("segment-flow", "/segments/{updatable}?tab=flow"),
    Shot("segment-runs", "/segments/{updatable}?tab=runs"),
    Shot("segment-schedule", "/segments/{updatable}?tab=schedule"),
    Shot("segment-static", "/segments/{static}"),
    Shot("segment-static-flow", "/segments/{static}?tab=flow"),
    Shot("segment-log", "/segments/{static}?tab=log"),
    Shot("segment-fill", "/segments/{static}/fill"),
    Shot("template", "/templates/1"),
    Shot("template-content", "/templates/{letter}"),
    Shot("fragments", "/templates/fragments"),
    Shot("fragment", "/templates/fragments/{fragment}"),
    Shot("fragment-new", "/templates/fragments?drawer=fragment:new"),
    Shot("feeds", "/templates/feeds"),
    Shot("feed", "/templates/feeds/{feed}"),
    Shot("feed-new", "/templates/feeds?drawer=feed:new"),
    Shot("feed-pick", "/templates/{letter}?drawer=feed:weather"),
    Shot("mailing-report", "/mailings/{mailing}"),
    Shot("mailing-people", "/mailings/{mailing}?tab=people"),
    Shot("mailing-triggered-draft", "/mailings/{triggered_draft}"),
    Shot("mailing-triggered", "/mailings/{triggered}?tab=report"),
    Shot("mailing-recurring-draft", "/mailings/{recurring_draft}"),
    Shot("mailing-variants", "/mailings/{variants}", _compare),
    Shot("mailing-test", "/mailings/{tested}"),
    Shot("mailing-launches", "/mailings/{recurring}?tab=launches"),
    Shot("slots", "/mailings/slots"),
    Shot("slot-new", "/mailings/slots?drawer=slot:new"),
    Shot("slot-edit", "/mailings/slots?drawer=slot:{slot}"),
    Shot("slot-code", "/mailings/slots?drawer=slot:code-{slot}"),
    Shot("mailing-placement-draft", "/mailings/{placement_draft}"),
    Shot("mailing-placement", "/mailings/{placement}"),
    Shot("mailing-placement-content", "/mailings/{placement}?tab=content"),
    Shot("mailing-placement-people", "/mailings/{placement}?tab=people"),
    Shot("mailing-launch-report", "/mailings/{recurring}?tab=report"),
    Shot("campaign", "/campaigns/{campaign}"),
    Shot("campaign-audience", "/campaigns/{campaign}?tab=audience"),
    Shot("campaign-activities", "/campaigns/{campaign}?tab=activities"),
    Shot("campaign-attach", "/campaigns/{campaign}?tab=activities&drawer=attach"),
    Shot("campaign-report", "/campaigns/{campaign}?tab=report"),
    Shot("campaign-log", "/campaigns/{campaign}?tab=log"),
    Shot("campaign-draft", "/campaigns/{campaign_draft}"),
    Shot("campaign-draft-audience", "/campaigns/{campaign_draft}?tab=audience"),
    Shot("campaign-draft-activities", "/campaigns/{campaign_draft}?tab=activities"),
    Shot("campaign-mailing-new", "/campaigns/{campaign_draft}?drawer=new-mailing"),
    Shot("campaign-details", "/campaigns/{campaign_draft}?drawer=details"),
    Shot("campaign-clone", "/campaigns/{campaign_draft}?drawer=clone"),
    Shot("program", "/loyalty/programs/{program}"),
    Shot("program-points", "/loyalty/programs/{program}?tab=points"),
    Shot("program-points-edit", "/loyalty/programs/{program}?tab=points&drawer=points:new"),
    Shot("program-levels", "/loyalty/programs/{program}?tab=levels"),
    Shot("program-levels-edit", "/loyalty/programs/{program}?tab=levels&drawer=levels:{level_group}"),
    Shot("program-members", "/loyalty/programs/{program}?tab=members"),
    Shot("program-member", "/loyalty/members?drawer=member:2"),
    Shot("program-members-add", "/loyalty/members?drawer=add"),
    Shot("program-partners", "/loyalty/programs/{program}?tab=partners"),
    Shot("program-partner", "/loyalty/programs/{program}?tab=partners&drawer=partner:new"),
    Shot("program-settings", "/loyalty/programs/{program}?tab=settings"),
    Shot("program-log", "/loyalty/programs/{program}?tab=log"),
    Shot("program-draft", "/loyalty/programs/{program_draft}"),
    Shot("program-test", "/loyalty/programs/{program}?tab=test", _basket),
    Shot("loyalty-test", "/loyalty/test?program={program}", _basket),
    Shot("loyalty-test-case", "/loyalty/test?program={program}&case={test_case}"),
    Shot("loyalty-test-rules", "/loyalty/test?program={program}&case={test_case}", _basket_rules),
    Shot("loyalty-test-against", "/loyalty/test?program={program}&case={test_case}", _basket_pinned),
    Shot("loyalty-analytics", "/loyalty/analytics?program={program_of_demo}"),
    Shot("loyalty-points", "/loyalty/analytics?program={program_of_demo}&tab=points"),
    Shot("loyalty-liability", "/loyalty/analytics?program={program_of_demo}&tab=liability"),
    Shot("loyalty-levels", "/loyalty/analytics?program={program_of_demo}&tab=levels"),
    Shot("loyalty-promotions", "/loyalty/analytics?program={program_of_demo}&tab=promotions"),
    Shot("loyalty-buyers", "/loyalty/analytics?program={program_of_demo}&tab=buyers"),
    Shot("loyalty-settlement", "/loyalty/analytics?program={program_of_demo}&tab=partners"),
    Shot("loyalty-codes", "/loyalty/analytics?program={program_of_demo}&tab=codes"),
    Shot("program-transactions", "/loyalty/programs/{program}?tab=transactions"),
    Shot("program-transaction", "/loyalty/programs/{program}?tab=transactions&drawer=transaction:{transaction}"),
    Shot("promotion", "/loyalty/programs/{program}/promotions/{promotion}"),
    Shot("promotion-versions", "/loyalty/programs/{program}/promotions/{promotion}?tab=versions"),
    Shot("promotion-draft", "/loyalty/programs/{program}/promotions/{promotion_draft}"),
    Shot("promotion-event", "/loyalty/programs/{program}/promotions/{promotion_event}"),
    Shot("promotion-publish", "/loyalty/programs/{program}/promotions/{promotion_draft}", _publish),
    Shot("promotions-other-way", "/loyalty/promotions?program={program}", _other_way),
    Shot("order-segment", "/loyalty/order-segments/{order_segment}"),
    Shot("promo-code-pool", "/loyalty/codes/{promo_pool}"),
    Shot("promo-code-people", "/loyalty/codes/{promo_shared}?tab=people"),
    Shot("promo-code-fillings", "/loyalty/codes/{promo_pool}?tab=batches"),
    Shot("promo-code-settings", "/loyalty/codes/{promo_pool}?tab=settings"),
    Shot("promo-code-log", "/loyalty/codes/{promo_pool}?tab=log"),
    Shot("promo-code-make", "/loyalty/codes/{promo_pool}?drawer=make:new"),
    Shot("promo-code-import", "/loyalty/codes/{promo_pool}?drawer=import:new"),
    Shot("promo-code-give", "/loyalty/codes/{promo_pool}?drawer=give:new"),
    Shot("promo-code", "/loyalty/codes/{promo_pool}?drawer=code:SPRING-EXAMPLE"),
    Shot("mail", "/mailbox/{mail}"),
    Shot("product", "/market/products/{product}"),
    Shot("product-add", "/market/products?drawer=product:new"),
    Shot("product-edit", "/market/products/{product}?drawer=edit:{product}"),
    Shot("product-sku-new", "/market/products/{product}?drawer=sku:new"),
    Shot("product-regions", "/market/products/{product}?drawer=regions:{product}"),
    Shot("product-relations", "/market/products/{product}?drawer=relations:{product}"),
    Shot("product-pictures", "/market/products/{product}?drawer=pictures:{product}"),
    Shot("order", "/market/orders/{order}"),
    Shot("order-refund", "/market/orders/{order}?drawer=refund:{order}"),
    Shot("order-worked-out", "/market/orders/{order_worked_out}"),
    Shot("order-part-refunded", "/market/orders/{order_refunded}"),
    Shot("market-feed", "/market/feeds/{market_feed}"),
    Shot("market-feed-settings", "/market/feeds/{market_feed}?tab=settings"),
    Shot("market-feed-run", "/market/feed-runs/{market_feed_run}"),
    Shot("market-feed-rejected", "/market/feed-runs/{market_feed_run}?tab=rejected"),
    Shot("market-import", "/market/imports/{market_import}"),
    Shot("product-segment", "/market/product-segments/{product_segment}"),
    Shot("product-segment-runs", "/market/product-segments/{product_segment}?tab=runs"),
    Shot("product-segment-edit", "/market/product-segments/{product_segment}/edit"),
    Shot("product-segment-static", "/market/product-segments/{product_segment_static}"),
    Shot("products-pictures", "/market/products", _as_pictures),
    Shot("sales", "/market/sales?period=year"),
    Shot("market-imports", "/market/imports"),
    Shot("market-import-new", "/market/imports?drawer=import:new"),
    Shot("market-channels", "/market/settings"),
    Shot("market-channel-new", "/market/settings?drawer=channel:new"),
    Shot("market-regions", "/market/settings?tab=regions"),
    Shot("market-currencies", "/market/settings?tab=currencies"),
    Shot("market-fields", "/market/settings?tab=fields"),
    Shot("market-field-new", "/market/settings?tab=fields&drawer=field:new"),
    Shot("market-statuses", "/market/settings?tab=statuses"),
    Shot("resource-new", "/resources?drawer=resource:new"),
    Shot("resource-double-opt-in", "/resources?drawer=optin:{resource}"),
    Shot("database-preferences", "/databases/{database}?tab=preferences"),
    Shot("recipient-preferences", "/t/p/{own_page}"),
    Shot("recipient-leaving", "/t/p/{own_page}", _leaving),
    Shot("recipient-sample", "/t/p/{sample_page}"),
    Shot("recipient-confirm", "/t/y/{sample_page}"),
    Shot("recipient-unknown", "/t/p/no-such-link"),
    Shot("stop-list", "/suppression-lists/1"),
    Shot("stop-list-add", "/suppression-lists/1?drawer=add:new"),
    Shot("job", "/jobs/{job}"),
    Shot("user-add", "/settings/users?drawer=user:new"),
    Shot("token-new", "/settings/tokens?drawer=token:new"),
    Shot("mail-server", "/settings/mail-servers?drawer=server:{mail_server}"),
    Shot("mail-server-new", "/settings/mail-servers?drawer=server:new"),
    Shot("mail-server-edit", "/settings/mail-servers?drawer=server:edit-{mail_server}"),
    Shot("sender", "/settings/senders/{sender}"),
    Shot("mailing-sent-by", "/mailings/{shared_out}?tab=report"),
    Shot("domain-new", "/settings/domains?drawer=key:new"),
    Shot("hook-new", "/settings/hooks?drawer=hook:new"),
    Shot("hook", "/settings/hooks/{hook}"),
    Shot("hook-delivery", "/settings/hooks/{hook}?drawer=delivery:{delivery}"),
    Shot("hook-settings", "/settings/hooks/{hook}?tab=settings"),
    Shot("hook-replay", "/settings/hooks/{hook}?drawer=hook:replay"),
    Shot("goals", "/databases/{database}/goals"),
    Shot("goal-new", "/databases/{database}/goals?drawer=goal:new"),
    Shot("goal-site", "/databases/{database}/goals?drawer=goal:site"),
    Shot("event-types", "/databases/{database}/event-types"),
    Shot("event-type", "/databases/{database}/event-types?drawer=type:custom.played"),
    Shot("event-type-edit", "/databases/{database}/event-types?drawer=type:edit-custom.played"),
    Shot("policy-new", "/settings/policies?drawer=policy:new"),
    Shot("channel-new", "/settings/channels?drawer=channel:new"),
    Shot("channel", "/settings/channels/{channel}", _rule),
    Shot("channel-try", "/settings/channels/{channel}?drawer=try:now"),
    Shot("template-new", "/templates?drawer=template:new"),
    Shot("template-of-channel", "/templates/{channel_template}"),
    Shot("mailing-of-channel", "/mailings/{channel_mailing}"),
]


def forgotten() -> list[str]:
    """Return the routes of the web application that no picture shows."""
    sources = (ROOT / "web" / "src" / "app" / "routes").glob("*.ts*")
    routes = {path for source in sources for path in re.findall(r"path: '(/[^']*)'", source.read_text())}
    shown = [shot.path.partition("?")[0] for shot in [*EMPTY, *FULL]]
    parents = {"/settings"}  # these only lead to the first of their pages

    def covered(route: str) -> bool:
        pattern = re.compile(re.sub(r"\$\w+", "[^/]+", route))
        return any(pattern.fullmatch(path) for path in shown)

    return sorted(route for route in routes - parents if not covered(route))
