"""The kinds of mailings: when their messages are made, and for whom. One ledger and one sender carry them all."""
