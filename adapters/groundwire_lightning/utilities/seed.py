"""Where Lightning has what leaves generators as they were."""

from groundwire_lightning.seed import isolated_rng as isolate_rng
from groundwire_lightning.seed import seed_everything

__all__ = ["isolate_rng", "seed_everything"]
