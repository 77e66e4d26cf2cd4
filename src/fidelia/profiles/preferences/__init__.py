"""The preference centre: what people may see and change of themselves, and the rules behind its buttons."""
