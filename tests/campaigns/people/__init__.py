"""Tests of who is in a campaign."""
