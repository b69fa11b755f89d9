"""Lightning's loggers, each in a file of its own; what is heavy is imported where it is used."""

__all__: list[str] = []
