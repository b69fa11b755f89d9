"""TODO room groundwire_lightning.logged."""
