"""Looking at a run: a program goes up to its first batch, and what decides its loop is noted."""
