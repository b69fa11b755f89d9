"""Where Lightning has its words."""

from groundwire_lightning.states import GradClipAlgorithmType
from groundwire_lightning.states import Word as LightningEnum

__all__ = ["GradClipAlgorithmType", "LightningEnum"]
