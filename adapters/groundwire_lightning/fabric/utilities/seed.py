"""Where Fabric has its seeds."""

from groundwire_lightning.utilities.seed import reset_seed, seed_everything
from groundwire_lightning.utilities.seed import start_worker as pl_worker_init_function

__all__ = ["pl_worker_init_function", "reset_seed", "seed_everything"]
