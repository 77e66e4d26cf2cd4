"""Conversions: goals and orders that messages have led to."""

from .catching import round_of
from .service import forget_people, merge_people, personal_data
from .tokens import goal_messages

__all__ = ["forget_people", "goal_messages", "merge_people", "personal_data", "round_of"]
