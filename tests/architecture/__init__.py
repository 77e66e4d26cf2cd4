"""What the tree promises."""
