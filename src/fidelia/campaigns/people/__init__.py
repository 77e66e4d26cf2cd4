"""Who is in a campaign: assigned once, by one way in."""
