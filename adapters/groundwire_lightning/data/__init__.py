"""Where batches come from: limited feeds over loaders, their samplers, and ``dataloader_iter``."""
