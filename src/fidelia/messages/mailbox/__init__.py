"""The capture mailbox: a real SMTP server on loopback whose mails are looked at instead of delivered."""
