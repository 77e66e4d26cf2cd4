"""What sites load from here: the script, the pixel, the redirect, and where the script sends to."""
