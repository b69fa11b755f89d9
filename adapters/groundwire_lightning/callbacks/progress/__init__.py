"""Progress bars: the base class, the one of tqdm and the one of rich."""

from groundwire_lightning.callbacks.progress.progress_bar import ProgressBar
from groundwire_lightning.callbacks.progress.rich_progress import RichProgressBar
from groundwire_lightning.callbacks.progress.tqdm_progress import TQDMProgressBar

__all__ = ["ProgressBar", "RichProgressBar", "TQDMProgressBar"]
