"""What a campaign changed: both sides compared, its activities, and who was left out."""
