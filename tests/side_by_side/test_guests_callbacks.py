"""Callbacks of the real Lightning on groundwire's Trainer."""

import tempfile
from pathlib import Path

import lightning.pytorch
import pytest
import torch
from tests.side_by_side.twins import BOTH, GUESTS, twins

EVERY = pytest.mark.parametrize("hears", [True, False], ids=["heard", "unheard"])


def stopped_early(stage):
    module = stage.make_module(methods=BOTH)
    stops = lightning.pytorch.callbacks.EarlyStopping("val_loss", patience=1, min_delta=10.0)
    stage.make_trainer(callbacks=[stops, stage.make_callback()], max_epochs=5).fit(
        module, stage.loader("train"), stage.loader("val")
    )
    return stops.wait_count, stops.stopped_epoch, stops.best_score


def timed(stage):
    module = stage.make_module(methods=BOTH)
    timer = lightning.pytorch.callbacks.Timer(duration="00:00:01:00")
    stage.make_trainer(callbacks=[timer]).fit(module, stage.loader("train"), stage.loader("val"))
    return timer.time_elapsed("train") > 0, timer.time_elapsed("validate") > 0


def run_by_functions(stage):
    heard = []
    told = lightning.pytorch.callbacks.LambdaCallback(
        on_train_epoch_end=lambda trainer, module: heard.append(trainer.current_epoch)
    )
    module = stage.make_module(methods=BOTH)
    stage.make_trainer(callbacks=[told]).fit(module, stage.loader("train"), stage.loader("val"))
    return heard


def saved(stage):
    module = stage.make_module(methods=BOTH)
    with tempfile.TemporaryDirectory() as folder:
        saves = lightning.pytorch.callbacks.ModelCheckpoint(
            folder, monitor="val_loss", save_top_k=2, save_last=True, filename="{epoch}-{val_loss:.3f}"
        )
        stage.make_trainer(callbacks=[saves, stage.make_callback()], enable_checkpointing=True, max_epochs=4).fit(
            module, stage.loader("train"), stage.loader("val")
        )
        best = torch.load(saves.best_model_path, weights_only=False)
        told = Path(saves.best_model_path).name, saves.best_model_score, sorted(map(str, saves.best_k_models.values()))
        return (
            sorted(file.name for file in Path(folder).iterdir()),
            told,
            best["state_dict"],
            sorted(best),
            best["epoch"],
        )


def averaged(stage):
    module = stage.make_module(methods=BOTH)
    stage.make_trainer(callbacks=[lightning.pytorch.callbacks.EMAWeightAveraging(decay=0.5)]).fit(
        module, stage.loader("train"), stage.loader("val")
    )


def accumulated(stage):
    module = stage.make_module(methods=BOTH)
    grows = lightning.pytorch.callbacks.GradientAccumulationScheduler({0: 1, 1: 3})
    stage.make_trainer(callbacks=[grows]).fit(module, stage.loader("train"), stage.loader("val"))


def pruned(stage):
    module = stage.make_module(methods=BOTH)
    prunes = lightning.pytorch.callbacks.ModelPruning("l1_unstructured", amount=0.5, parameter_names=["weight"])
    stage.make_trainer(callbacks=[prunes]).fit(module, stage.loader("train"), stage.loader("val"))


@EVERY
@pytest.mark.parametrize("scenario", [stopped_early, timed, run_by_functions, saved, averaged, accumulated, pruned])
def test_callbacks_of_lightning_do_on_our_trainer_what_they_do_on_theirs(scenario, hears):
    twins(scenario, hears=hears, ours=GUESTS)
