"""Worker processes: PostgreSQL-only jobs, sending, the capture mailbox."""
