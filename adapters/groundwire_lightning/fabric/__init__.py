"""Of Lightning Fabric the names that training code imports; Fabric itself is not here."""

from groundwire_lightning.errors import missing
from groundwire_lightning.utilities.seed import seed_everything

__all__ = ["Fabric", "seed_everything"]

Fabric = missing(
    "Fabric", __name__, "accelerate.Accelerator for a loop of your own, or groundwire.Trainer for one you can override"
)
