"""The parts of Lightning's trainer that code imports by name; here they are looks at the Trainer."""

__all__ = []
