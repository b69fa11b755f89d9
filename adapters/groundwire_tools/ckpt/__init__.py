"""Checkpoint files: what is in one, where two differ, and one written in another form; nothing that they name runs."""
