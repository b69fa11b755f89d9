"""Callbacks: those of Lightning, each in a file of its own, and the order in which a Trainer tells them."""

from typing import TYPE_CHECKING

from groundwire_lightning.callbacks.batch_size_finder import BatchSizeFinder
from groundwire_lightning.callbacks.checkpoint import Checkpoint
from groundwire_lightning.callbacks.device_stats_monitor import DeviceStatsMonitor
from groundwire_lightning.callbacks.early_stopping import EarlyStopping
from groundwire_lightning.callbacks.finetuning import BackboneFinetuning, BaseFinetuning
from groundwire_lightning.callbacks.gradient_accumulation_scheduler import GradientAccumulationScheduler
from groundwire_lightning.callbacks.lambda_function import LambdaCallback
from groundwire_lightning.callbacks.lr_finder import LearningRateFinder
from groundwire_lightning.callbacks.lr_monitor import LearningRateMonitor
from groundwire_lightning.callbacks.model_checkpoint import ModelCheckpoint
from groundwire_lightning.callbacks.model_summary import ModelSummary
from groundwire_lightning.callbacks.on_exception_checkpoint import OnExceptionCheckpoint
from groundwire_lightning.callbacks.prediction_writer import BasePredictionWriter
from groundwire_lightning.callbacks.progress import ProgressBar, RichProgressBar, TQDMProgressBar
from groundwire_lightning.callbacks.pruning import ModelPruning
from groundwire_lightning.callbacks.rich_model_summary import RichModelSummary
from groundwire_lightning.callbacks.spike import SpikeDetection
from groundwire_lightning.callbacks.stochastic_weight_avg import StochasticWeightAveraging
from groundwire_lightning.callbacks.throughput_monitor import ThroughputMonitor
from groundwire_lightning.callbacks.timer import Timer
from groundwire_lightning.callbacks.weight_averaging import EMAWeightAveraging, WeightAveraging
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.utilities.lazily import modules_of

__all__ = [
    "BackboneFinetuning",
    "BaseFinetuning",
    "BasePredictionWriter",
    "BatchSizeFinder",
    "Callback",
    "Checkpoint",
    "DeviceStatsMonitor",
    "EMAWeightAveraging",
    "EarlyStopping",
    "GradientAccumulationScheduler",
    "LambdaCallback",
    "LearningRateFinder",
    "LearningRateMonitor",
    "ModelCheckpoint",
    "ModelPruning",
    "ModelSummary",
    "OnExceptionCheckpoint",
    "ProgressBar",
    "RichModelSummary",
    "RichProgressBar",
    "SpikeDetection",
    "StochasticWeightAveraging",
    "TQDMProgressBar",
    "ThroughputMonitor",
    "Timer",
    "WeightAveraging",
]

if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
