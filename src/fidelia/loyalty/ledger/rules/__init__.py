"""What a ledger does, without a database: the clock, accounts and lots come from outside."""
