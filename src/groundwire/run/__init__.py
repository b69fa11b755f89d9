"""Runs: how one is launched, what it knows while it is under way, and its larger moments."""
