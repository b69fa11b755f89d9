"""Helpers of Lightning code, under the paths at which Lightning has them."""
