"""One object of each kind for the pictures, made through the API where the demo has none; once made they stay."""

from __future__ import annotations

import json
from typing import Any

import httpx

from tests.up import wait_until

from .campaign_objects import campaigns
from .conftest import ROOT, Site
from .content_objects import content
from .loyalty_objects import programs, promotions
from .market_objects import market
from .on_site import placements
from .promo_objects import promo_codes

MARCH = "E-Mail;First name;Born;Notes\nada@example.com;Ada;03.11.1984;likes coffee\nnobody;Bo;1.2.1990;\n"
APRIL = (
    "E-Mail;First name;Phone\nkari@example.com;Kari;+4740000017\nkari.nordmann@example.com;Kari;+4740000017\n"
    "not an address;Bo;1\nmaximiliane@example.com;Maximiliane-Alexandra;+4740000018\n"
)
LONG = "People who bought something for their household more often than once a month and then for a long time nothing"
#: The builder of the style guide: six rules, a group, something left out.
NESTED: dict[str, Any] = {
    "kind": "all",
    "of": [
        {"kind": "related", "link": "orders", "within": {"last": "P365D"}, "count": {"op": "gte", "value": 6}},
        {
            "kind": "any",
            "of": [
                {"kind": "compare", "field": "profile.age", "op": "in", "value": ["45-54", "55-64", "65+"]},
                {"kind": "compare", "field": "profile.income", "op": "in", "value": ["75-99K", "100-124K"]},
            ],
        },
        {"kind": "compare", "field": "profile.email", "op": "contains", "value": "household"},
        {
            "kind": "not",
            "of": {
                "kind": "any",
                "of": [
                    {"kind": "compare", "field": "profile.household_size", "op": "eq", "value": "1"},
                    {"kind": "occurred", "event": "message.unsubscribed"},
                ],
            },
        },
    ],
}
ACTIVE: dict[str, Any] = {"kind": "related", "link": "orders", "within": {"last": "P90D"}, "count": {}}


class Objects:
    """Finds objects by name, and makes those that are missing."""

    def __init__(self, site: Site, api: httpx.Client) -> None:
        self.site, self.api = site, api
        self.demo: dict[str, Any] = api.get("/demo").json()
        self.database: int = self.demo["database_id"]

    def items(self, path: str) -> list[dict[str, Any]]:
        return list(self.api.get(path).raise_for_status().json()["items"])

    def first(self, path: str, key: str = "id") -> Any:
        return next((item[key] for item in self.items(path)), 0)

    def send(self, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """Post, and follow the job when there is one."""
        reply = self.api.post(path, json=body, **more)
        assert reply.is_success, f"{path}: {reply.text}"
        found: dict[str, Any] = reply.json() if reply.content else {}
        if job := found.get("job"):
            self.site.wait_for_job(job["id"])
        return found

    def named(self, path: str, name: str, body: dict[str, Any]) -> tuple[Any, bool]:
        """Return the id of what has that name, and whether it was made now."""
        for item in self.items(path):
            if item["name"] == name:
                return item["id"], False
        made = self.send(path.partition("?")[0], {"name": name, **body})
        # some replies hold the object beside what else came of it
        return next((made[key] for key in ("segment", "list", "hook") if isinstance(made.get(key), dict)), made)[
            "id"
        ], True

    def people(self) -> None:
        """Two cards of one person, one with a very long name, and two who know each other."""
        people: list[dict[str, Any]] = [
            {"external_id": "kari-1", "email": "kari@example.com", "first_name": "Kari", "last_name": "Nordmann"},
            {"external_id": "kari-2", "email": "kari.n@example.com", "first_name": "Kari", "city": "Bergen"},
            {"external_id": "long", "email": f"{'maximiliane.' * 4}berg@example.com", "first_name": "Maximiliane"},
        ]
        people[0] |= {"phones": ["+4740000017"], "city": "Oslo"}
        people[1] |= {"phones": ["+4740000017"]}
        people[2] |= {"last_name": "von Hohenstaufen-Wittelsbach-Oldenburg zu Schleswig-Holstein", "city": "Oslo"}
        body = {"matching": "external_id", "items": people}
        self.send(f"/databases/{self.database}/profiles/upsert", body)

    def imports(self) -> None:
        path = f"/databases/{self.database}/imports"
        known = {item["file_name"] for item in self.items(path)}
        if "march.csv" not in known:
            self.send(path, files={"file": ("march.csv", MARCH)})
        if "april.csv" not in known:
            found = self.send(path, files={"file": ("april.csv", APRIL)}, data={"run": "true"})
            assert found, "an import tells what it is"

    def scheduled(self) -> dict[str, Any]:
        """A scheduled import with a run that failed: the address leads inside, which nobody opened."""
        path = f"/databases/{self.database}/import-schedules"
        source = {"kind": "url", "url": f"{self.site.url}/customers.csv", "auth": "bearer"}
        body: dict[str, Any] = {"source": source, "secret": "a token", "schedule": {"at": "03:00", "every_hours": 6}}
        body["mapping"] = [{"column": "E-Mail", "field": "email"}]
        scheduled, new = self.named(path, "Customers of the shop", body)
        if new:
            self.send(f"/import-schedules/{scheduled}/run", {})
            wait_until(lambda: self.api.get(f"/import-schedules/{scheduled}").json()["last_run"])
        return {"scheduled": scheduled}

    def segments(self) -> dict[str, Any]:
        base = {"database_id": self.database}
        nested, _ = self.named(
            "/segments?q=Nested", "Nested six rules", base | {"type": "dynamic", "condition": NESTED}
        )
        schedule = {
            "at": "03:00",
            "timezone": "Europe/Oslo",
            "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday"],
        }
        body = base | {"type": "updatable", "condition": ACTIVE, "schedule": schedule}
        updatable, new = self.named("/segments?q=Bought", "Bought lately, refilled", body)
        if new:
            self.send(f"/segments/{updatable}/recalculate")
        static, new = self.named("/segments?q=Tasting", "Tasting evening", base | {"type": "static"})
        if new:
            self.send(f"/segments/{static}/members/add", {"profile_ids": [1, 2, 3, 4, 5]})
            self.send(f"/segments/{static}/members/remove", {"profile_ids": [5]})
        self.named("/segments?q=People", LONG, base | {"type": "dynamic", "condition": ACTIVE, "description": LONG})
        return {"nested": nested, "updatable": updatable, "static": static}

    def lists(self) -> dict[str, Any]:
        values = [f"city-{n:04}" for n in range(120)]
        body = {"values": values, "description": "Where we have a shop"}
        listed, _ = self.named("/value-lists", "Cities with a shop", body)
        path = f"/databases/{self.database}/data-tables"
        columns = [
            {"name": "code", "label": "Shop"}, {"name": "opened", "type": "date", "label": "Opened"},
            {"name": "area", "type": "decimal", "label": "Area, m²"}, {"name": "open", "type": "boolean"},
        ]  # fmt: skip
        table, new = self.named(path, "shops", {"label": "Shops", "columns": columns, "key": "code"})
        if new:
            rows = [
                {"code": f"S-{n:03}", "opened": f"20{10 + n % 15}-05-{1 + n % 28:02}", "area": f"{80 + 7 * n}.50"}
                | {"open": n % 5 != 0}
                for n in range(70)
            ]
            self.send(f"/data-tables/{table}/rows/upsert", {"items": rows})
        return {"list": listed, "table": table}

    def relations(self) -> dict[str, Any]:
        both = {"database_a": self.database, "database_b": self.database}
        body: dict[str, Any] = both | {"label": "is a parent of", "inverse_label": "is a child of"}
        body["properties"] = [{"name": "since", "type": "date", "label": "Since"}]
        relation, new = self.named("/relations", "parent", body)
        if new:
            self.send(f"/relations/{relation}/attach", {"items": [{"a": 1, "b": 2}, {"a": 1, "b": 3}]})
        return {"relation": relation}

    def control(self) -> None:
        path = f"/databases/{self.database}/control-group"
        if self.api.get(path).status_code == 404 or not self.api.get(path).json():
            self.send(path, {"percent": 10, "strata": [{"field": "income"}]})

    def bulk(self) -> dict[str, Any]:
        """A change of many people that refused some, and a file of everybody."""
        database = f"/databases/{self.database}"
        found = self.first(f"{database}/bulk-updates")
        if found:
            return {"bulk": found}
        fields = {field["name"] for field in self.api.get(database).json()["fields"]}
        for name, type_ in (("visits", "integer"), ("hobbies", "tags")):
            if name not in fields:
                self.send(f"{database}/fields", {"name": name, "type": type_})
        for person in self.items(f"{database}/profiles?limit=2&columns=email"):
            full = {"set": {"visits": 2**63 - 5}}
            self.api.patch(f"{database}/profiles/{person['id']}", json=full).raise_for_status()
        operations = [
            {"op": "increment", "field": "visits", "by": 10},
            {"op": "add", "field": "hobbies", "values": ["coffee", "tea"]},
        ]
        made = self.send(f"{database}/bulk-updates", {"audience": {"everybody": True}, "operations": operations})
        self.send(f"{database}/exports", {"audience": {"everybody": True}, "format": "xlsx"})
        return {"bulk": made["bulk_update"]["id"]}

    def scores(self) -> dict[str, Any]:
        path = f"/databases/{self.database}/scores"
        quantile: dict[str, Any] = {"kind": "quantile", "prefix": "spend", "groups": 4, "schedule": None}
        made = {
            "score": self.named(path, "RFM", {"days": 365}),
            "quantile": self.named(path, "Spending", quantile | {"figure": {"of": "orders_sum"}}),
        }
        for number, new in made.values():
            if new:
                self.send(f"{path}/{number}/compute")
        return {name: number for name, (number, _) in made.items()}

    def consent(self) -> dict[str, Any]:
        """A resource that asks people to confirm, and the pages that recipients see."""
        news, new = self.named("/resources", "Shop news", {"description": "What is new, every Thursday"})
        if new:
            self.api.patch(f"/resources/{news}/double-opt-in", json={"enabled": True}).raise_for_status()
            about = {"database_id": self.database, "resource_id": news}
            self.send("/subscriptions", about | {"profile_id": 2, "status": "unconfirmed"})
            paused = self.send("/subscriptions", about | {"profile_id": 1})
            self.send(f"/subscriptions/{paused['id']}/pause", {"days": 30})
        sample = self.api.get(f"/databases/{self.database}/preference-center/preview").json()["url"]
        own = self.send(f"/databases/{self.database}/profiles/1/preferences-link")["url"]
        return {
            "resource": news,
            "sample_page": sample.rpartition("/")[2],
            "own_page": own.rpartition("/")[2],
        }

    def receipts(self) -> None:
        if self.items("/erasures"):
            return
        path = f"/databases/{self.database}/profiles"
        person = {"external_id": "gone", "email": "gone@example.com"}
        self.send(f"{path}/upsert", {"matching": "external_id", "items": [person]})
        gone = self.items(f"{path}?q=gone@example.com")[0]["id"]
        self.api.delete(f"{path}/{gone}").raise_for_status()

    def policies(self) -> None:
        twice = {"limits": [{"per": "profile", "most": 2, "days": 7}], "is_default": True}
        twice |= {"description": "Nobody hears from us more often"}
        self.named("/policies", "Twice a week", twice)
        limits = [{"per": "profile_channel", "most": 1, "days": 3}, {"per": "contact", "most": 6, "days": 16}]
        self.named("/policies", "Gentle", {"limits": limits})
        self.named("/policies", "Receipts, always", {"limits": []})

    def domains(self) -> dict[str, Any]:
        """A key that signs without being published: the picture shows what is wrong."""
        found = self.first("/senders/domains")
        if not found:
            found = self.send("/senders/domains", {"domain": "fidelia.example"})["id"]
            self.send(f"/senders/domains/{found}/check")
        return {"dkim_key": found}

    def senders(self) -> dict[str, Any]:
        """A mail server that nothing is sent by, virtual senders, and a mailing that one of them shared out."""
        limits = [{"domains": ["gmail.com", "googlemail.com"], "rate": 20}]
        server, _ = self.named(
            "/senders/servers",
            "Newsletters",
            {"host": "192.0.43.8", "username": "shop", "password": "x", "rate": 100, "domain_rates": limits},
        )
        half = {"sender_id": 0, "percent": 50}
        both = [half, half | {"from_email": "hello@fidelia.example", "from_name": "The shop"}]
        body = {"rules": [{"type": "default", "senders": both}], "is_default": False}
        shared, _ = self.named("/senders", "Half and half", body)
        warm = [{"sender_id": server, "percent": 10}, {"sender_id": 0, "percent": 90}]
        rules = [
            {"type": "to_domain", "values": ["gmail.com", "googlemail.com"], "senders": warm},
            {"type": "from_domain", "values": ["receipts.example"], "senders": [half | {"percent": 100}]},
            {"type": "default", "senders": both},
        ]
        sender, _ = self.named("/senders", "Warming up a new server", {"rules": rules})
        at = {"database_id": self.database, "template_id": 1, "virtual_sender_id": shared}
        mailing, new = self.named("/mailings", "Shared between two addresses", at)
        if new:
            self.send(f"/mailings/{mailing}/start", {"undo_seconds": 0})
            wait_until(lambda: self.api.get(f"/mailings/{mailing}").json()["state"] == "done", 120)
        return {"mail_server": server, "sender": sender, "shared_out": mailing}

    def look(self) -> dict[str, Any]:
        look = {"q": "coffee", "filter": {"status": ["active"]}, "columns": {"brand": False}}
        body = {"list": "products", "look": look, "shared": True}
        return {"view": self.named("/views?list=products", "Coffee we sell", body)[0]}

    def hooks(self) -> dict[str, Any]:
        """A paused hook, so that nothing leaves this machine, with an event that waits for it."""
        types = {"database_id": self.database, "description": "Somebody played a round", "label": "Played"}
        known = {item["name"] for item in self.items(f"/event-types?database={self.database}&builtin=false&limit=1000")}
        if "custom.played" not in known:
            properties = [{"name": "points", "type": "integer"}]
            self.send("/event-types", types | {"name": "custom.played", "properties": properties})
        body = {
            "url": "https://192.0.43.8/events",
            "types": ["custom.played"],
            "active": False,
            "headers": {"X-Key": "x"},
        }
        hook, new = self.named("/hooks", "Warehouse", body)
        if new:
            played = {"type": "custom.played", "match": {"external_id": "kari-1"}, "properties": {"points": 7}}
            self.send("/events", {"database": self.database, "events": [played]})
            wait_until(lambda: self.items(f"/hooks/{hook}/deliveries"))
        return {"hook": hook, "delivery": self.first(f"/hooks/{hook}/deliveries")}

    def channels(self) -> dict[str, object]:
        """A channel of a preset, a template for it, and a mailing that is being set up."""
        found = next((c["id"] for c in self.items("/channels") if c["key"] == "telegram"), 0)
        if not found:
            body = {"preset": "telegram_bot", "settings": {"token": "123456:not-a-token"}}
            found = self.send("/channels/presets", body)["channel"]["id"]
        fields = {"text": 'Hello {{ profile.first_name | default("") }}\nThe beans you like are back.'}
        fields |= {"button_text": "See them", "button_url": "https://shop.example/beans"}
        at = {"channel": "telegram", "database_id": self.database}
        template, new = self.named("/templates?channel=telegram", "Beans by bot", at | {"fields": fields})
        if new:
            self.send(f"/templates/{template}/publish")
        mailing, _ = self.named("/mailings", "Beans by bot", at | {"template_id": template})
        return {"channel": found, "channel_template": template, "channel_mailing": mailing}

    def recurring(self) -> dict[str, object]:
        """A recurring mailing that was launched, and one that is being set up."""
        at = {"database_id": self.database, "template_id": 1, "type": "recurring"}
        hours = {"local_time": True, "quiet": {"from": "22:00", "to": "08:00"}, "cycles": {"limit": 500, "growth": 20}}
        schedule = {"at": "09:00", "weekdays": ["monday"]}
        draft, _ = self.named("/mailings", "Letter of the month", at | {"schedule": schedule, "timing": hours})
        weekly, new = self.named("/mailings", "Letter of the week", at | {"schedule": schedule})
        if new:
            self.send(f"/mailings/{weekly}/start", {"undo_seconds": 0})
            self.send(f"/mailings/{weekly}/launch", {})
            wait_until(lambda: self.items(f"/mailings/{weekly}/runs")[0]["phase"] == "done")
        return {"recurring": weekly, "recurring_draft": draft}

    def triggered(self) -> dict[str, object]:
        """A triggered mailing that a call has set off, and one that is being set up."""
        where = {"kind": "compare", "field": "trigger.total", "op": "gte", "value": 100}
        triggers = [
            {"kind": "event", "type": "order.paid", "where": where, "wait": 60},
            {"kind": "date", "field": "birth_date", "days": -3, "yearly": True},
            {"kind": "call"},
        ]
        at = {"database_id": self.database, "template_id": 1, "type": "trigger", "triggers": triggers}
        draft, _ = self.named("/mailings", "Birthday wishes", at)
        active, new = self.named("/mailings", "Thanks for the order", at)
        if new:
            self.send(f"/mailings/{active}/start", {"undo_seconds": 0})
            calls = [{"profile": n, "id": f"c{n}"} for n in range(1, 4)]
            self.send(f"/mailings/{active}/trigger", {"items": calls})
        return {"triggered": active, "triggered_draft": draft}

    def multivariate(self) -> dict[str, object]:
        """A multivariate mailing whose test was sent, and one that is being set up."""
        variants = [{"template_id": 1}, {"template_id": 1, "subject": "Only this week", "from_name": "Ann"}]
        split = {"variants": variants, "test": {"share": 40, "metric": "clicked", "wait": 86_400, "confidence": 90}}
        at = {"database_id": self.database, "type": "multivariate", "split": split}
        draft, _ = self.named("/mailings", "Which subject sells", at)
        tested, new = self.named("/mailings", "Which subject is opened", at)
        if new:
            self.send(f"/mailings/{tested}/start", {"undo_seconds": 0})
            wait_until(lambda: self.api.get(f"/mailings/{tested}/report").json()["test"]["state"] == "waiting", 120)
        return {"variants": draft, "tested": tested}

    def all(self) -> dict[str, object]:
        """Make what is missing, and return what the addresses of the pages need."""
        self.people()
        self.imports()
        other, _ = self.named("/databases", "Second shop", {"timezone": "Europe/Oslo"})
        database = self.database
        found = (
            self.segments()
            | self.lists()
            | self.relations()
            | self.look()
            | self.scores()
            | self.scheduled()
            | self.consent()
            | self.bulk()
            | self.domains()
            | self.senders()
            | self.hooks()
            | self.channels()
            | self.recurring()
            | self.triggered()
            | self.multivariate()
            | placements(self)
            | content(self)
            | campaigns(self)
            | programs(self)
            | promo_codes(self)
            | market(self)
        )
        found |= promotions(self, found["program"], found["promo_pool"])
        self.control()
        self.receipts()
        self.policies()
        kari = [p["id"] for p in self.items(f"/databases/{database}/profiles?q=Kari")]
        imported = {item["file_name"]: item["id"] for item in self.items(f"/databases/{database}/imports")}
        return found | {
            "database": database,
            "other": other,
            "import": imported["march.csv"],
            "imported": imported["april.csv"],
            "segment": self.demo["segments"][0],
            "lovers": self.demo["segments"][1],
            "mailing": self.demo["mailing_id"],
            "mail": self.first("/mailbox?limit=1"),
            "product": self.first("/market/products?q=coffee&limit=1"),
            "order": self.first(f"/market/orders?database={database}&sort=-total&limit=1"),
            "job": self.first("/jobs?limit=1"),
            "kari": ",".join(str(one) for one in kari),
            "long": self.first(f"/databases/{database}/profiles?q=Maximiliane"),
            "member": self.first(f"/segments/{found['static']}/members?limit=1", "profile_id"),
        }


def moved() -> dict[str, Any]:
    """Return segments as another platform's API gives them: a few that can be taken over, a few that cannot."""
    path = ROOT / "tests" / "segments" / "moving" / "definitions.json"
    told: dict[str, Any] = json.loads(path.read_text())
    return told | {"data": told["data"][:12]}
