"""What ``self.log`` recorded: entries, their reduction across processes, and the way to the loggers."""
