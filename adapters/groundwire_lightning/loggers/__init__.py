"""Lightning's loggers, each in a file of its own; what is heavy is imported where it is used."""

from groundwire_lightning.loggers.csv_logs import CSVLogger
from groundwire_lightning.loggers.logger import Logger
from groundwire_lightning.loggers.mlflow import MLFlowLogger
from groundwire_lightning.loggers.refused import CometLogger, LitLogger, NeptuneLogger
from groundwire_lightning.loggers.tensorboard import TensorBoardLogger
from groundwire_lightning.loggers.wandb import WandbLogger

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
