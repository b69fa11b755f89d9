"""TODO room groundwire.saved."""
