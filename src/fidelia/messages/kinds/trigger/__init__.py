"""Trigger mailings: one run that lasts, which people join as things happen, dates come, or programs call."""
