"""Routes of the market."""

from .catalogue import CategoryController, ProductController
from .orders import OrderController

__all__ = ["CategoryController", "OrderController", "ProductController"]
