"""Use cases of access, by subject."""
