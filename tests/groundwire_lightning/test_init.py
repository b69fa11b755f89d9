import subprocess
import sys

import lightning.fabric
import lightning.pytorch

import groundwire_lightning as L


def test_the_version_is_that_of_the_lightning_it_is_held_against():
    assert L.__version__.split(".")[:2] == lightning.pytorch.__version__.split(".")[:2]


def test_importing_leaves_the_heavy_libraries_alone():
    program = """
import sys, torch
before = set(sys.modules)
import groundwire_lightning as pl
pl.callbacks.Timer, pl.loggers.CSVLogger, pl.strategies.DDPStrategy, pl.utilities.types.STEP_OUTPUT
import groundwire_lightning.pytorch.callbacks
print(*(set(sys.modules) - before))
"""
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    loaded = set(ran.stdout.split())
    heavy = {"torchmetrics", "tensorboard", "rich", "wandb", "mlflow", "torch._dynamo", "lightning", "jsonargparse"}
    assert loaded & heavy == set()
