"""Values of ``self.log``: their entries, their reduction across processes, and the way to the loggers."""
