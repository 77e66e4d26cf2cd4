"""Loyalty: programs with points, levels and promotions, worked out on orders. The face of the capability."""
