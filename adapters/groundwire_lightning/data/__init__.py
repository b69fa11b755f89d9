"""TODO room groundwire_lightning.data."""
