"""Messages: templates, mailings on a send ledger, tracking, reports, and the capture mailbox."""
