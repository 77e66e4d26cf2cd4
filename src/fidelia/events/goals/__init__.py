"""Goals: what visitors shall do, by the site script, a pixel, a redirect or the API."""

from .model import MESSAGES, Goal, GoalMessage
from .service import create_goal, goals_of

__all__ = ["MESSAGES", "Goal", "GoalMessage", "create_goal", "goals_of"]
