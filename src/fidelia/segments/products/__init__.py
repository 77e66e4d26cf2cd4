"""Product segments: lists of products or SKUs, kept by hand or filled again and again by rules.

``product_lists`` gives the lists that a condition names, for who evaluates conditions in memory.
"""

from .lists import product_lists
from .model import ProductCard, ProductSegment
from .ports import CATALOGUE, PRODUCT_VOCABULARY, PRODUCTS_USED_BY

__all__ = [
    "CATALOGUE",
    "PRODUCTS_USED_BY",
    "PRODUCT_VOCABULARY",
    "ProductCard",
    "ProductSegment",
    "product_lists",
]
