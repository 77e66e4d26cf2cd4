"""Sending domains: keys that sign mails (DKIM), and what the domain name system says about them."""
