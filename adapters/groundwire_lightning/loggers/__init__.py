"""Lightning's loggers, each in a file of its own; what is heavy is imported where it is used."""

from groundwire_lightning.loggers.csv_logs import CSVLogger
from groundwire_lightning.loggers.logger import Logger
from groundwire_lightning.loggers.tensorboard import TensorBoardLogger

__all__ = ["CSVLogger", "Logger", "TensorBoardLogger"]
