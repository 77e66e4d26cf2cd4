"""Relations between profiles: types with properties, and who is related to whom."""
