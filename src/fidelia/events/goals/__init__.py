"""Goals: what visitors shall do, by the site script, a pixel, a redirect or the API."""

from .model import MESSAGES, Goal, GoalMessage
from .service import create_goal, goals_of
from .site.serving import SITE_PARTS, SitePart, browser_key

__all__ = ["MESSAGES", "SITE_PARTS", "Goal", "GoalMessage", "SitePart", "browser_key", "create_goal", "goals_of"]
