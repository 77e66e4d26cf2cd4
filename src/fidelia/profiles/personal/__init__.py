"""Everything that is held about one person as a file for them, and receipts of erasure."""
