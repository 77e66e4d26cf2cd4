"""Promo codes: pools, codes, who has them, who used them. The face.

``check`` says what codes are worth to somebody, ``use`` lets an order use them, ``release`` gives them back, ``give``
gives people codes of a pool, the same again to the same run; ``give_in_turn`` who comes first gets one first.
"""

from .model import REASONS, CodeFound, Giver, PromoPool, Reason
from .service import handing
from .service.codes import personal_data
from .service.giving import give, give_in_turn
from .service.people import forget_people, merge_people
from .service.pools import database_used_by
from .service.using import check, release, use
from .store.pools import find as find_pool
from .store.pools import get as get_pool
from .store.pools import names

__all__ = [
    "REASONS",
    "CodeFound",
    "Giver",
    "PromoPool",
    "Reason",
    "check",
    "database_used_by",
    "find_pool",
    "forget_people",
    "get_pool",
    "give",
    "give_in_turn",
    "handing",
    "merge_people",
    "names",
    "personal_data",
    "release",
    "use",
]
