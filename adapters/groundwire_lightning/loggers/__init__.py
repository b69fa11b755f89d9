"""Loggers: the destinations of logged values, each in a file of its own; what is heavy is imported where it is used."""

from typing import TYPE_CHECKING

from groundwire_lightning.loggers.csv_logs import CSVLogger
from groundwire_lightning.loggers.logger import Logger
from groundwire_lightning.loggers.mlflow import MLFlowLogger
from groundwire_lightning.loggers.refused import CometLogger, LitLogger, NeptuneLogger
from groundwire_lightning.loggers.tensorboard import TensorBoardLogger
from groundwire_lightning.loggers.wandb import WandbLogger
from groundwire_lightning.utilities.lazily import modules_of

__all__ = [
    "CSVLogger",
    "CometLogger",
    "LitLogger",
    "Logger",
    "MLFlowLogger",
    "NeptuneLogger",
    "TensorBoardLogger",
    "WandbLogger",
]

if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
