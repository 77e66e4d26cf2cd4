"""Merging people who are one, taking apart those who are not, and finding duplicates."""
