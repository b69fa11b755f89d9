"""TODO room groundwire_lightning.plugins.environments."""
