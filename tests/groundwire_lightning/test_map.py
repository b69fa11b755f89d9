import json
import sys
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import mse_loss
from torch.utils.data import DataLoader, TensorDataset

import groundwire_lightning as L
from groundwire import HookMapError, Row

EXAMPLES = Path(__file__).parents[2] / "examples"

TRANSFER = ("on_before_batch_transfer", "transfer_batch_to_device", "on_after_batch_transfer")
ORDER = (
    "configure_callbacks",
    "prepare_data",
    "setup",
    "configure_sharded_model",
    "configure_model",
    "configure_optimizers",
    "on_fit_start",
    "train_dataloader",
    "val_dataloader",
    "on_train_start",
    "on_train_epoch_start",
    *TRANSFER,
    "on_train_batch_start",
    "training_step",
    "on_before_zero_grad",
    "optimizer_zero_grad",
    "on_before_backward",
    "backward",
    "on_after_backward",
    "on_before_optimizer_step",
    "configure_gradient_clipping",
    "lr_scheduler_step",
    "on_train_batch_end",
    "on_validation_model_zero_grad",
    "on_validation_model_eval",
    "on_validation_start",
    "on_validation_epoch_start",
    *TRANSFER,
    "on_validation_batch_start",
    "validation_step",
    "on_validation_batch_end",
    "on_validation_epoch_end",
    "on_validation_end",
    "on_validation_model_train",
    "on_train_epoch_end",
    "on_train_end",
    "on_fit_end",
    "teardown",
)
"""Every hook of a module in a ``fit`` of one batch, validated once."""


def loader(*_):
    return DataLoader(TensorDataset(torch.ones(2, 1), torch.zeros(2, 1)), batch_size=2)


class Complete(L.LightningModule):
    """What a module cannot do without."""

    def __init__(self):
        super().__init__()
        self.net = torch.nn.Linear(1, 1)
        self.called = []

    def training_step(self, batch, batch_idx):
        return mse_loss(self.net(batch[0]), batch[1])

    def validation_step(self, batch, batch_idx):
        return self.training_step_loss(batch)

    def training_step_loss(self, batch):
        return mse_loss(self.net(batch[0]), batch[1])

    def configure_optimizers(self):
        optimizer = torch.optim.SGD(self.parameters(), lr=0.1)
        scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 1)
        return [optimizer], [{"scheduler": scheduler, "interval": "epoch"}]


BRINGS = {"train_dataloader": loader, "val_dataloader": loader}


def overriding(methods):
    """A module that overrides ``methods``, each doing what it does anyway, and writes down their calls."""

    def override(name):
        usual = BRINGS.get(name, getattr(Complete, name))

        def method(self, *args, **kwargs):
            self.called.append(name)
            return usual(self, *args, **kwargs)

        return method

    return type("Lit", (Complete,), {name: override(name) for name in methods})()


def fitted(module, methods=(), **arguments):
    given = [None if name in methods else loader() for name in ("train_dataloader", "val_dataloader")]
    quiet = {"max_epochs": 1, "num_sanity_val_steps": 0, "accelerator": "cpu"}
    quiet |= dict.fromkeys(("enable_progress_bar", "enable_model_summary", "enable_checkpointing"), False)
    trainer = L.Trainer(**{**quiet, **arguments})
    trainer.fit(module, *given)
    return trainer


def test_the_literal_order_has_every_row_of_a_module_once():
    rows = {line.method for line in L.LIGHTNING.rows if isinstance(line, Row) and line.role == "LightningModule"}
    rows -= {name for name in rows if {"test", "predict"} & set(name.split("_"))}
    assert len(ORDER) == len(set(ORDER)) + len(TRANSFER)  # of a training batch and of one to validate
    # checkpoints come on demand; configure_gradient_clipping calls clip_gradients, optimizer_step what is above
    assert set(ORDER) == rows - {"on_save_checkpoint", "on_load_checkpoint", "clip_gradients", "optimizer_step"}


def test_all_hooks_of_a_module_run_in_this_order():
    module = overriding(ORDER)
    fitted(module, ORDER)
    assert tuple(module.called) == ORDER


@settings(max_examples=60, deadline=None)
@given(st.sets(st.sampled_from(ORDER)))
def test_any_subset_of_overridden_hooks_runs_exactly_once_at_its_place(methods):
    module = overriding(methods)
    fitted(module, methods)
    assert module.called == [name for name in ORDER if name in methods]


@settings(max_examples=15, deadline=None)
@given(st.sets(st.sampled_from(ORDER)))
def test_overriding_a_hook_with_what_it_does_anyway_changes_no_number(methods):
    torch.manual_seed(0)
    plain = Complete()
    fitted(plain)
    torch.manual_seed(0)
    module = overriding(methods)
    fitted(module, methods)
    assert torch.equal(plain.net.weight, module.net.weight)
    assert torch.equal(plain.net.bias, module.net.bias)


# the table itself


def test_rows_that_pass_the_trainer_pass_the_module_behind_it():
    rows = [line for line in L.LIGHTNING.rows if isinstance(line, Row) and line.role in ("Callback", "Monitor")]
    rows = [line for line in rows if not line.method.endswith("state_dict")]
    assert all(line.args[:2] == ("trainer", "module") for line in rows)


def test_a_data_module_comes_before_callbacks_and_callbacks_before_the_module():
    rank = {"LightningDataModule": 0, "Callback": 1, "LightningModule": 2, "Monitor": 3}
    for line, later in _beside(lambda one, other: one.method == other.method):
        # a checkpoint is loaded into the module first; of an error, and for their states, callbacks are asked first
        if line.method not in ("on_load_checkpoint", "on_exception", "state_dict"):
            assert rank[line.role] < rank[later.role], line.source


def _beside(alike):
    rows = [line for line in L.LIGHTNING.rows if isinstance(line, Row)]
    for index, line in enumerate(rows):
        for later in rows[index + 1 :]:
            if (line.hook, line.position) == (later.hook, later.position) and alike(line, later):
                yield line, later


def test_everything_that_is_refused_is_named_at_once():
    class Lit(Complete):
        def on_train_start(self, trainer): ...

        def optimizer_step(self, epoch): ...

        def on_train_batch_end(self, outputs): ...

    with pytest.raises(HookMapError) as refused:
        fitted(Lit())
    for name in ("on_train_start", "optimizer_step", "on_train_batch_end"):
        assert f"Lit.{name} ({__file__}:" in str(refused.value)
    assert "it is passed (trainer.step_outputs, batch, step) and takes (outputs)" in str(refused.value)


# the table of contents of a run


@pytest.fixture
def mixed(monkeypatch, tmp_path):
    """The mixed example, ready to be explained: its Trainer, module and data module."""
    monkeypatch.syspath_prepend(str(EXAMPLES))
    monkeypatch.chdir(EXAMPLES)
    for name in ("digits", "digits_lightning", "digits_mixed"):
        monkeypatch.delitem(sys.modules, name, raising=False)
    import digits_mixed as program  # type: ignore[import-not-found]

    callbacks = [program.CountUpdates(), program.Curves(), program.TensorBoardCallback(tmp_path / "events")]
    quiet = dict.fromkeys(("enable_progress_bar", "enable_model_summary", "enable_checkpointing"), False)
    trainer = program.DigitsTrainer(max_epochs=1, callbacks=callbacks, **quiet)
    yield trainer, {"model": program.LitDigits(lr=0.1), "datamodule": program.DigitsData()}
    for name in ("digits", "digits_lightning", "digits_mixed"):
        sys.modules.pop(name, None)


LOSS_LINES = """\
    calculate_train_batch_loss
          override  DigitsTrainer.calculate_train_batch_loss (digits_mixed.py:
          instead   LitDigits.training_step (digits_lightning.py:
    on_train_step_end
          after     TensorBoardCallback.write_step (
      optimizer_zero_grad
            override  Stepping.optimizer_zero_grad
    backward_step
"""
CONTENTS = (
    "What DigitsTrainer runs, in order:",
    "      before    DigitsData.setup (digits_lightning.py:",
    "      instead   LitDigits.configure_optimizers (digits_lightning.py:",
    "      instead   DigitsData.train_dataloader (digits_lightning.py:",
    *LOSS_LINES.splitlines(),
    "            after     CountUpdates.on_train_update_end (digits_mixed.py:",
    "          instead   LitDigits.validation_step (digits_lightning.py:",
    "        after     Curves.on_validation_epoch_end (digits_lightning.py:",
    "        override  DigitsTrainer.train_epoch_end (digits_mixed.py:",
    "        after     Curves.on_train_epoch_end (digits_lightning.py:",
    "      after     TensorBoardCallback.fail (",
    "Only in a run of evaluation or of prediction:",
    "      before    TensorBoardCallback.start_evaluation (",
)


def test_explain_of_the_mixed_example_reads_like_a_table_of_contents(mixed, capsys):
    trainer, parts = mixed
    text = trainer.explain(**parts)
    assert capsys.readouterr().out == text + "\n"
    lines = iter(text.splitlines())
    for due in CONTENTS:  # one after the other, with other lines between
        assert any(line.startswith(due) for line in lines), due


def test_lines_of_one_hook_stand_together(mixed):
    trainer, parts = mixed
    text = trainer.explain(**parts)
    shortened = [line.partition("(")[0].rstrip() for line in text.splitlines()]
    due = [line.partition("(")[0].rstrip() for line in LOSS_LINES.splitlines()]
    start = shortened.index(due[0])
    assert shortened[start : start + len(due)] == due


def test_explain_as_json_is_plain_data_that_says_the_same(mixed):
    trainer, parts = mixed
    data = json.loads(json.dumps(trainer.explain(format="json", **parts)))
    hooks = {hook["name"]: hook for hook in data["hooks"]}
    loss = hooks["calculate_train_batch_loss"]
    assert loss["override"]["class"] == "DigitsTrainer"
    (line,) = loss["attached"]
    assert (line["who"], line["source"], line["position"]) == ("LitDigits", "LightningModule.training_step", "instead")
    assert line["passes"] == "(batch, at.step)"
    assert line["place"].startswith(str(EXAMPLES / "digits_lightning.py:"))
    assert [data[key] for key in ("gaps", "unknown", "refused")] == [[], [], []]


def test_explain_has_no_side_effects(mixed):
    trainer, parts = mixed
    called = []
    with pytest.MonkeyPatch.context() as patch:
        for player in (*parts.values(), *trainer.callbacks, trainer):
            for cls in type(player).__mro__:
                if cls.__module__.startswith(("digits", "groundwire")):
                    _note_calls(patch, cls, called)
        module = parts["model"]
        before = dict(vars(trainer)), dict(vars(module))
        trainer.explain(format="json", **parts)
    assert called == []
    assert (dict(vars(trainer)), dict(vars(module))) == before
    assert module._trainer is None
    assert parts["datamodule"].trainer is None


def _note_calls(patch, cls, called):
    """Let every hook that ``cls`` defines tell when it is called."""
    known = {line.method for line in L.LIGHTNING.rows} | set(L.Trainer.hook_order)
    for name in known & set(vars(cls)):
        if callable(vars(cls)[name]):
            patch.setattr(cls, name, lambda *_, said=f"{cls.__name__}.{name}", **__: called.append(said))


def test_explain_after_a_run_tells_of_that_run():
    trainer = fitted(overriding(["on_fit_start"]))
    attached = [line["who"] for hook in trainer.explain(format="json")["hooks"] for line in hook["attached"]]
    assert set(attached) == {"Lit"}


def test_explain_says_what_is_refused_and_what_was_misspelt():
    class Lit(Complete):
        def on_train_epoch_ned(self): ...

        def on_train_start(self, trainer): ...

    text = L.Trainer(max_epochs=1, enable_progress_bar=False, accelerator="cpu").explain(model=Lit())
    unknown, refused = (text.index(f"\n{title}:") for title in ("Unknown", "Refused"))
    assert "Lit.on_train_epoch_ned (" in text[unknown:refused]
    assert "Did you mean 'on_train_epoch_end'?" in text[unknown:refused]
    assert "Lit.on_train_start (" in text[refused:]


def test_a_misspelt_hook_is_warned_about_once():
    class Lit(Complete):
        def on_train_epoch_ned(self): ...

    with pytest.warns(UserWarning, match=r"Lit: on_train_epoch_ned .*Did you mean 'on_train_epoch_end'") as warned:
        fitted(Lit())
    assert len([warning for warning in warned if "on_train_epoch_ned" in str(warning.message)]) == 1
