"""Checkpoint files: what is in one, read without running it and written whole. Nothing here knows a Trainer."""
