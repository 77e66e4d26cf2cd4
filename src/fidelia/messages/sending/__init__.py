"""Sending: a run's recipients leave through kept-open connections, each on the ledger before and after."""
