"""TODO room groundwire_lightning.loops."""
