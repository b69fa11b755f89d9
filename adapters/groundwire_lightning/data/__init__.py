"""Sources of batches: limited feeds over loaders, their samplers, and ``dataloader_iter``."""
