"""Objects of every kind with a name of 200 characters and no blank, and the pages that show them."""

from __future__ import annotations

from typing import Any

from .conftest import Site
from .objects import ACTIVE, Objects
from .pages import Shot

NAME = "Unbreakable" * 18 + "Ok"
assert len(NAME) == 200


def long_names(site: Site) -> list[Shot]:
    """Make what is missing; the lists that show the names are pages of their own here."""
    with site.api() as api:
        objects = Objects(site, api)
        at: dict[str, Any] = {"database_id": objects.database}

        def named(path: str, **body: Any) -> Any:
            """Return the id of what has the long name, or as much of it as may be."""
            for name in (NAME, NAME[:100], NAME[:80]):
                known = {item["name"]: item["id"] for item in objects.items(f"{path}?limit=200")}
                if name in known:
                    return known[name]
                if api.post(path, json={"name": name, **body}).is_success:
                    return {item["name"]: item["id"] for item in objects.items(f"{path}?limit=200")}[name]
            raise AssertionError(f"{path} takes no long name")

        table = f"/databases/{objects.database}/data-tables"
        label = NAME[:100]  # as long as they may be
        columns = [{"name": "code", "label": label}]
        tables = {item["label"]: item["id"] for item in objects.items(table)}
        if label not in tables:
            objects.send(table, {"name": "unbreakable", "label": label, "columns": columns, "key": "code"})
            tables = {item["label"]: item["id"] for item in objects.items(table)}
        people = f"/databases/{objects.database}/profiles"
        person = {"external_id": NAME, "first_name": NAME, "last_name": NAME, "city": NAME}
        objects.send(f"{people}/upsert", {"matching": "external_id", "items": [person]})
        product = {"external_id": NAME, "name": NAME, "brand": NAME, "price": "1.00", "currency": "EUR"}
        objects.send("/market/products", {"items": [product]})
        segment = named("/segments", type="dynamic", condition=ACTIVE, description=NAME, **at)
        pages = {
            "segments": f"/segments?q={NAME}",
            "segment": f"/segments/{segment}",
            "segment-edit": f"/segments/{segment}/edit",
            "mailings": f"/mailings?q={NAME}",
            "mailing": f"/mailings/{named('/mailings', segment_id=segment, **at)}",
            "templates": f"/templates?q={NAME}",
            "template": f"/templates/{named('/templates')}",
            "consent": "/resources",
            "stop-lists": "/resources?tab=stop",
            "stop-list": f"/suppression-lists/{named('/suppression-lists')}",
            "value-lists": "/value-lists",
            "value-list": f"/value-lists/{named('/value-lists', values=[NAME])}",
            "data-tables": "/value-lists?tab=tables",
            "data-table": f"/data-tables/{tables[label]}",
            "profiles": f"{people}?q={NAME[:40]}",
            "profile": f"{people}/{objects.first(f'{people}?q={NAME[:40]}')}",
            "products": f"/market/products?q={NAME[:40]}",
            "product": f"/market/products/{objects.first(f'/market/products?q={NAME[:40]}')}",
            "database": f"/databases/{named('/databases')}",
            "databases": "/databases",
        }
        named("/resources")
        named("/tokens", rights=["profiles:read"])
        pages["tokens"] = "/settings/tokens"
    return [Shot(f"long-{name}", path) for name, path in pages.items()]
