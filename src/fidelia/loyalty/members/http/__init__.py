"""Routes of members."""

from .members import MemberController
from .person import PersonLoyaltyController

API = [MemberController, PersonLoyaltyController]
