"""TODO room groundwire.run."""
