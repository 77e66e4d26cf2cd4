"""The market: products and SKUs in categories, sales channels, orders with lines. The face of the capability.

``catalogue(tx, keys) -> dict[str, Item]``
    what the catalogue knows of external ids: a SKU's first, then a product's; unknown ones are left out.
``upsert_products``, ``upsert_skus``, ``upsert_categories``
    batches by external id, a result per item; ``mode`` is ``upsert | add | update``.
``upsert_orders(tx, database_id, orders, history=True)``
    batches of orders with all their lines; ``history=False`` writes no events.
``place_order(tx, database_id, order, profile_id=, history=True) -> id``
    one new order, for who has worked it out; 409 when its external id is taken. ``work_out_order`` and
    ``ask_place_order`` are its two halves for who asks for more at once (``Tx.together``), like ``ask_book`` and
    ``ask_catalogue``, which ask for what they need.
``find_order(tx, database_id, external_id, lock=False)``, ``order(tx, id)``
    read one.
``refund_lines(tx, actor, order_id, lines, delivery="0", reason="", reference=None)``
    give back items or money of lines; ``None`` is all that is left. ``change_status`` and ``change_line_status``.
``ORDER_EFFECTS``
    port: a list of ``async (tx, before, after, changes)`` called in the transaction of every change of an order's
    status or lines (not for new orders).
``ORDER_FORETOLD``
    port: a list of ``async (tx, order, changes) -> sentences`` that tell what a refund would mean, before it is done.
``orders_between(tx, database_id, since, until)``
    the little that is needed of orders of a time that stand; ``create_field``, ``fields``: typed fields.
``read_book(tx, database_id)``, ``work_out_refund(line, part, currency)``
    what was set up (currencies, touchpoints, regions, statuses, typed fields); what a refund would give back.
"""

from .book import Book, ask_book, read_book
from .fields import TypedField
from .model import (
    BatchReply,
    CategoryIn,
    CategoryOut,
    Item,
    ItemError,
    ItemResult,
    LineChange,
    LineIn,
    LineOut,
    LineStatusIn,
    MarketFieldIn,
    MarketFieldOut,
    Mode,
    OrderDetail,
    OrderIn,
    OrderOut,
    PlacedOrder,
    ProductIn,
    ProductOut,
    ProductPatch,
    RefundLine,
    RefundOut,
    RegionOffer,
    SkuIn,
    SkuOut,
)
from .refunds import Back, work_out_refund
from .service.catalogue import upsert_categories, upsert_products
from .service.changes import change_line_status, change_status, refund_lines
from .service.effects import ORDER_EFFECTS, OrderEffect
from .service.foretell import ORDER_FORETOLD, OrderForetold
from .service.orders import (
    AskedOrder,
    ask_place_order,
    find_order,
    latest_orders,
    order,
    place_order,
    upsert_orders,
    work_out_order,
)
from .service.people import forget_people, merge_people, personal_data, split_people
from .service.setup import create_field
from .service.skus import upsert_skus
from .store.items import ask_catalogue, catalogue
from .store.orders import ask_standing_orders, standing_orders
from .store.orders import between as orders_between
from .store.setup import fields

__all__ = [
    "ORDER_EFFECTS",
    "ORDER_FORETOLD",
    "AskedOrder",
    "Back",
    "BatchReply",
    "Book",
    "CategoryIn",
    "CategoryOut",
    "Item",
    "ItemError",
    "ItemResult",
    "LineChange",
    "LineIn",
    "LineOut",
    "LineStatusIn",
    "MarketFieldIn",
    "MarketFieldOut",
    "Mode",
    "OrderDetail",
    "OrderEffect",
    "OrderForetold",
    "OrderIn",
    "OrderOut",
    "PlacedOrder",
    "ProductIn",
    "ProductOut",
    "ProductPatch",
    "RefundLine",
    "RefundOut",
    "RegionOffer",
    "SkuIn",
    "SkuOut",
    "TypedField",
    "ask_book",
    "ask_catalogue",
    "ask_place_order",
    "ask_standing_orders",
    "catalogue",
    "change_line_status",
    "change_status",
    "create_field",
    "fields",
    "find_order",
    "forget_people",
    "latest_orders",
    "merge_people",
    "order",
    "orders_between",
    "personal_data",
    "place_order",
    "read_book",
    "refund_lines",
    "split_people",
    "standing_orders",
    "upsert_categories",
    "upsert_orders",
    "upsert_products",
    "upsert_skus",
    "work_out_order",
    "work_out_refund",
]
