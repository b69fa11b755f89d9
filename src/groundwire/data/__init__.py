"""TODO room groundwire.data."""
