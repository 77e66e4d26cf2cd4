"""Routes of points."""

from .members import MemberPointsController
from .transactions import TransactionController

API = [MemberPointsController, TransactionController]
