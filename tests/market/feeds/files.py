"""Feeds as shops write them, in every format, small or as large as one likes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

YML_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE yml_catalog SYSTEM "shops.dtd">
<yml_catalog date="2026-11-16 12:00"><shop><name>Shop</name>
<currencies><currency id="EUR" rate="1"/></currencies>
<categories>
<category id="1">Food</category>
<category id="2" parentId="1">Coffee</category>
</categories>
<offers>
"""
YML_TAIL = "</offers></shop></yml_catalog>\n"

RSS_HEAD = """<?xml version="1.0"?>
<rss xmlns:g="http://base.google.com/ns/1.0" version="2.0"><channel><title>Shop</title><link>https://shop.example</link>
"""
RSS_TAIL = "</channel></rss>\n"


def yml_offer(id_: object, *inside: str, attributes: str = "") -> str:
    return f'<offer id="{id_}"{attributes}>{"".join(inside)}</offer>\n'


def tag(name: str, text: object) -> str:
    return f"<{name}>{text}</{name}>"


def plain(n: int, price: object = None, name: str = "Thing") -> tuple[str, ...]:
    """What most offers of YML hold."""
    return (
        tag("name", f"{name} {n}"),
        tag("price", f"{n % 900 + 1}.50" if price is None else price),
        tag("currencyId", "EUR"),
        tag("categoryId", 2),
        tag("url", f"https://shop.example/{n}"),
        tag("picture", f"https://shop.example/{n}.jpg"),
        tag("vendor", f"Brand {n % 50}"),
        tag("description", f"<![CDATA[<p>About {n}</p>]]>"),
    )


def yml(offers: Iterable[str]) -> str:
    return YML_HEAD + "".join(offers) + YML_TAIL


def item(n: object, **values: object) -> str:
    shown = {
        "title": f"Thing {n}",
        "link": f"https://shop.example/{n}",
        "image_link": f"https://shop.example/{n}.jpg",
        "price": "12.50 EUR",
        "availability": "in_stock",
        "product_type": "Food &gt; Coffee",
        **values,
    }
    return f"<item><g:id>{n}</g:id>{''.join(tag(f'g:{k}', v) for k, v in shown.items() if v is not None)}</item>\n"


def rss(items: Iterable[str]) -> str:
    return RSS_HEAD + "".join(items) + RSS_TAIL


def many_yml(path: Path, count: int) -> Path:
    """A file of YML of so many offers: a third of them SKUs, three of each product."""

    def lines() -> Iterator[str]:
        yield YML_HEAD
        for n in range(count):
            group = f' group_id="g{n // 9}"' if n % 3 == 0 else ""
            more = (f'<param name="Colour">c{n % 7}</param>', f'<param name="Weight" unit="kg">{n % 30}</param>')
            yield yml_offer(f"o{n}", *plain(n), *more, attributes=f' available="true"{group}')
        yield YML_TAIL

    with path.open("w") as file:
        file.writelines(lines())
    return path


def many_rss(path: Path, count: int) -> Path:
    """A file of Google Merchant of so many offers, of the same kind."""

    def lines() -> Iterator[str]:
        yield RSS_HEAD
        for n in range(count):
            group = f"rg{n // 9}" if n % 3 == 0 else None
            yield item(
                f"r{n}", brand=f"Brand {n % 50}", item_group_id=group, color=f"c{n % 7}", description=f"About {n}"
            )
        yield RSS_TAIL

    with path.open("w") as file:
        file.writelines(lines())
    return path
