"""Scheduled imports: rows that are fetched from an address or a database again and again."""
