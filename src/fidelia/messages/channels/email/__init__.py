"""E-mail: addresses and headers, MIME, and an SMTP client of our own."""
