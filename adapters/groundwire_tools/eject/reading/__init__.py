"""Reading of a script: what in it is Lightning's, and the edits that take it out and keep all else."""
