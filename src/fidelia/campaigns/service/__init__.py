"""Use cases of campaigns: set up, begin, end, what is done in them, who is in them."""
