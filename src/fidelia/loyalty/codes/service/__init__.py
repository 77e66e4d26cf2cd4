"""Use cases of promo codes."""
