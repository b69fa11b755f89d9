"""TODO room groundwire_lightning.checkpoints."""
