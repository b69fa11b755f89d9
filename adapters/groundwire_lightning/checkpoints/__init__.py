"""Files: what is in a checkpoint, how it is read safely and written whole. Nothing here knows a Trainer."""
