"""PostgreSQL migrations, one linear history."""
