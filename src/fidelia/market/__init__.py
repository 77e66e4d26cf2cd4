"""The market: products in categories, orders with lines. The face of the capability."""

from .model import (
    BatchReply,
    CategoryIn,
    CategoryOut,
    ItemError,
    ItemResult,
    LineIn,
    LineOut,
    OrderDetail,
    OrderIn,
    OrderOut,
    ProductIn,
    ProductOut,
    ProductPatch,
)
from .service.catalogue import upsert_categories, upsert_products
from .service.orders import change_status, order, upsert_orders
from .service.people import forget_people, merge_people, personal_data, split_people

__all__ = [
    "BatchReply",
    "CategoryIn",
    "CategoryOut",
    "ItemError",
    "ItemResult",
    "LineIn",
    "LineOut",
    "OrderDetail",
    "OrderIn",
    "OrderOut",
    "ProductIn",
    "ProductOut",
    "ProductPatch",
    "change_status",
    "forget_people",
    "merge_people",
    "order",
    "personal_data",
    "split_people",
    "upsert_categories",
    "upsert_orders",
    "upsert_products",
]
