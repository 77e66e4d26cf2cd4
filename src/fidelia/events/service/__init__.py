"""Use cases of events: types, write keys, history."""
