"""What people do with programs."""
