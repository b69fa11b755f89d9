"""Logged values: the entries of ``self.log``, their reduction over epochs and processes, and the way to the loggers."""
