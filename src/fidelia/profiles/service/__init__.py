"""Use cases of profiles. Each takes the transaction and the actor, and leaves the commit to the edge."""
