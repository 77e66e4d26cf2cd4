"""Engines and plumbing below every capability: PostgreSQL, ClickHouse, outbox and drain, jobs, HTTP edge."""
