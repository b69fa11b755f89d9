"""The path of a batch: fitting, evaluating, predicting, the searches, and what a checkpoint holds of them."""
