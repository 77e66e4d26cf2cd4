"""Double opt-in by mail: the confirmation template, the mails through the send ledger, and the page behind the link."""
