"""Tracking: signed links, what recipients did, and the pages they see."""
