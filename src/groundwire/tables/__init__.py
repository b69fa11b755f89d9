"""TODO room groundwire.tables."""
