"""Batches: limited feeds over loaders, the samplers of loaders, and ``dataloader_iter``."""
