"""Points by hand and by API: accrue, redeem, hold, commit, cancel, correct; balances and transactions to read."""
