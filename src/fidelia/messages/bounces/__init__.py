"""What comes back: bounces and complaints, read strictly, matched by our own signature, acted on once."""
