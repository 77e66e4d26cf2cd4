"""What happens to members: they join, leave, move between levels, are reviewed."""
