"""Where Lightning 1.9 had its access to files."""

from groundwire_lightning.fabric.utilities.cloud_io import get_filesystem

__all__ = ["get_filesystem"]
