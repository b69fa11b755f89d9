"""Files: checkpoints, and the training states that an exact continuation needs; reading one runs nothing."""
