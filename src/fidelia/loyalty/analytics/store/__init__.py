"""Every query of loyalty's reports: each reads in sets and returns sums."""
