"""When messages are sent: local times, quiet hours, cycles. All of it ends in the one moment ``next_at`` of a row."""

from .model import Cycles, QuietHours, Timing
from .rules import settled, zone_of

__all__ = ["Cycles", "QuietHours", "Timing", "settled", "zone_of"]
