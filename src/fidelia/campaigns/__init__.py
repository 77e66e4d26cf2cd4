"""Campaigns: one audience, its control group, what is done with it, and what that changed. The face."""
