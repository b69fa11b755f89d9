"""A run: how it is launched, what it knows while it is under way, and its larger moments."""
