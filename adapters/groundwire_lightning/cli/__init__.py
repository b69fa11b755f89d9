"""TODO room groundwire_lightning.cli."""
