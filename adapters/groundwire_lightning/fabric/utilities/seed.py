"""Where Fabric has its seeds."""

from groundwire_lightning.seed import seed_everything
from groundwire_lightning.seed import start_worker as pl_worker_init_function

__all__ = ["pl_worker_init_function", "seed_everything"]
