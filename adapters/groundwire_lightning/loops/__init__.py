"""Loops: the path of a batch when fitting, evaluating or predicting, the searches, and what a file holds of them."""
