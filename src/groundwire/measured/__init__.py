"""TODO room groundwire.measured."""
