"""Routes of the market."""

from .catalogue import CategoryController, ProductController, SkuController
from .orders import OrderController
from .setup import ChannelController, MarketSetupController

__all__ = [
    "CategoryController",
    "ChannelController",
    "MarketSetupController",
    "OrderController",
    "ProductController",
    "SkuController",
]
