"""Files that stay, epoch by epoch, where the values that rank them are written beforehand."""

import math

import pytest
import torch
from tests.groundwire_lightning.callbacks.test_model_checkpoint import callbacks_of, place_of, tell
from tests.side_by_side.twins import loss_of, twins

from groundwire_lightning.plugins import TorchCheckpointIO

NAN, INF = math.nan, math.inf


def ranked(stage, folder, scores, plugins=None, **given):
    """Fit for as many epochs as there are scores; returns the files after each epoch, the last one's target too."""

    def training_step(module, batch, batch_idx):
        module.log("score", scores[module.current_epoch])
        return loss_of(module, batch)

    def on_train_epoch_start(callback, trainer, module):
        there.append(files())

    def files():
        place = place_of(stage, folder)
        return sorted(f"{path.stem}>{path.resolve().stem}".removesuffix(f">{path.stem}") for path in place.glob("*"))

    there = []
    usual = {"monitor": "score", "filename": "{epoch}", "auto_insert_metric_name": False, "save_weights_only": True}
    saver = callbacks_of(stage).ModelCheckpoint(place_of(stage, folder), **usual | given)
    listener = stage.make_callback(methods={"on_train_epoch_start": on_train_epoch_start})
    epochs = {"max_epochs": len(scores), "limit_train_batches": 1, "plugins": plugins}
    trainer = stage.make_trainer(callbacks=[saver, listener], enable_checkpointing=True, **epochs)
    trainer.fit(stage.make_module(methods={"training_step": training_step}), stage.loader())
    tell(stage, "saver", saver.state_dict(), str(place_of(stage, folder)))
    return [*there[1:], files()]


@pytest.mark.parametrize(
    ("scores", "given", "files"),
    [
        ((3.0, 2.0, 4.0, 1.0), {"save_top_k": 2}, ["0", "0 1", "0 1", "1 3"]),
        ((3.0, 2.0, 4.0, 1.0), {"save_top_k": 2, "mode": "max"}, ["0", "0 1", "0 2", "0 2"]),
        ((1.0, 1.0, 1.0), {}, ["0", "0", "0"]),
        ((1.0, 2.0, 2.0, 0.0), {"save_top_k": 3}, ["0", "0 1", "0 1 2", "0 2 3"]),
        ((2.0, NAN, 9.0), {"save_top_k": 2}, ["0", "0 1", "0 2"]),
        ((2.0, NAN, -9.0), {"save_top_k": 2, "mode": "max"}, ["0", "0 1", "0 2"]),
        ((NAN, NAN, INF, 5.0), {}, ["0", "0", "0", "3"]),
        ((1.0, NAN, 2.0), {"save_top_k": -1}, ["0", "0 1", "0 1 2"]),
        ((1.0, 2.0), {"save_top_k": 0}, ["", ""]),
        ((1.0, 2.0), {"monitor": None}, ["0", "1"]),
        ((1.0, 2.0, 0.0), {"save_last": True}, ["0 last", "0 last", "2 last"]),
        ((1.0, 2.0, 0.0), {"save_last": "link"}, ["0 last>0", "0 last>0", "2 last>2"]),
    ],
)
def test_the_best_stay_and_the_worst_is_the_first_to_go(scores, given, files, tmp_path):
    ours = twins(lambda stage: ranked(stage, tmp_path, scores, **given), hears=False)
    assert [" ".join(names) for names in ours["answer"]] == files


def test_the_link_leads_to_a_file_at_any_moment(tmp_path):
    class Looking(TorchCheckpointIO):
        def remove_checkpoint(self, path):
            super().remove_checkpoint(path)
            seen.append((tmp_path / "ours" / "last.ckpt").resolve(strict=True).stem)

    def scenario(stage):
        plugins = [] if stage.is_lightning else [Looking()]
        return ranked(stage, tmp_path, (3.0, 2.0, 1.0), plugins=plugins, save_last="link")[-1]

    seen = []
    assert twins(scenario, hears=False)["answer"] == ["2", "last>2"]
    assert seen == ["1", "2"]


@pytest.mark.parametrize(
    ("mode", "better", "worse"), [("min", (1.0, -INF), (2.0, 3.0, NAN)), ("max", (3.0, INF), (2.0, 1.0, NAN))]
)
def test_a_value_has_to_be_better_than_the_worst_that_is_kept(mode, better, worse, tmp_path):
    def scenario(stage):
        saver = callbacks_of(stage).ModelCheckpoint(tmp_path, monitor="score", mode=mode)
        trainer = stage.make_trainer()
        stage.make_module()
        assert saver.check_monitor_top_k(trainer, torch.tensor(NAN))  # there is room
        saver.best_k_models, saver.kth_best_model_path = {"a": torch.tensor(2.0)}, "a"
        return [saver.check_monitor_top_k(trainer, torch.tensor(score)) for score in (*better, *worse)] + [
            saver.check_monitor_top_k(trainer, None)
        ]

    assert twins(scenario, hears=False)["answer"] == [True] * len(better) + [False] * (len(worse) + 1)
