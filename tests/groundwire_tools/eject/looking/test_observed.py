"""A program is looked at before its first batch; what has no plain counterpart is refused, and nothing is written."""

from __future__ import annotations

import pytest
from tests.groundwire_tools.eject.variants import EVALUATES, LBFGS, MEMBERS, OF_MODULE, program
from tests.groundwire_tools.eject.writing.test_program import OURS, laid_out, started, told

READER = """
def training_step(self, dataloader_iter):
    batch, *_ = next(dataloader_iter)
    return self.net(batch[0]).sum()
"""
KEEPS_MORE = """
def on_save_checkpoint(self, checkpoint):
    checkpoint["more"] = 1
"""
OWN_ZERO_GRAD = """
def optimizer_zero_grad(self, epoch, batch_idx, optimizer):
    optimizer.zero_grad()
"""
SAVES = 'callbacks=[L.pytorch.callbacks.ModelCheckpoint("x")]\nenable_checkpointing=True'
WORKERS = """
train = DataLoader(data, batch_size=6, num_workers=1)
L.seed_everything(4, workers=True)
"""
STATEFUL = """
class Mine(L.Callback):
    def state_dict(self):
        return {}
"""
BY_HAND = MEMBERS["__init__"] + "    self.automatic_optimization = False\n\n"
FIT, TEST = "trainer.fit(model, train, val)", "print(trainer.test(model, val, verbose=False))"
TWO = program(fit="model, train, [val, val]").replace("batch_idx):", "batch_idx, dataloader_idx=0):")

REFUSED = {
    "sixteen bits": (program(trainer='precision="16-true"'), "precision='16-true' has no plain counterpart"),
    "overfit": (program(trainer="overfit_batches=2"), "Trainer(overfit_batches=2) has no plain counterpart"),
    "reload": (program(trainer="reload_dataloaders_every_n_epochs=1"), "Trainer(reload_dataloaders_every_n_epochs=1)"),
    "by time": (program(trainer='val_check_interval="00:00:10:00"'), "val_check_interval=...) as a time"),
    "plugins": (program(trainer="plugins=[L.pytorch.plugins.TorchSyncBatchNorm()]"), "Trainer(plugins="),
    "timer": (program(trainer="callbacks=[L.pytorch.callbacks.Timer()]"), "the callback Timer has no plain"),
    "own zero_grad": (program(members=OWN_ZERO_GRAD), "Model.optimizer_zero_grad has no place in a plain loop"),
    "two loaders": (program(fit="model, {'a': train, 'b': train}"), "several training loaders"),
    "two validation loaders": (TWO, "several validation loaders"),
    "reader": (program(members=READER), "training_step reads batches from dataloader_iter itself"),
    "seeded workers": (program(data=WORKERS), "seed_everything(workers=True) seeds the workers"),
    "own checkpoint": (program(members=KEEPS_MORE, trainer=SAVES), "Model.on_save_checkpoint has no place in a plain"),
    "saves by steps": (
        program(trainer=SAVES.replace('"x"', '"x", every_n_train_steps=2')),
        "ModelCheckpoint(every_n_train_steps=...) has no plain counterpart",
    ),
    "nested windows": (
        program(members=LBFGS, trainer="accumulate_grad_batches=2"),
        "accumulate_grad_batches=2 has no plain",
    ),
    "hooks by hand": (program(members=BY_HAND + OF_MODULE), "on_after_backward of a module that makes its updates"),
    "goes on": (program(fit='model, train, val, ckpt_path="none.ckpt"'), "ended with an error"),
    "never fits": ("import lightning as L\nL.Trainer(logger=False)\n", "called no Trainer's fit"),
    "exits": ("import sys\nprint('out')\nsys.exit(3)\n", "and exited with 3"),
    "fails": ("1 / 0\n", "ended with an error before its first batch"),
    "helper": ("import helper\n" + program(), "imports Lightning, and eject rewrites main.py alone"),
    "elsewhere": ("import maker\nmaker.run()\n", "the Trainer is made or called in another file"),
    "in a module": (program().replace("= Model()", "= __import__('models').Model()"), "move the class into it"),
}
"""Programs that are refused, each with what is said."""
TAKEN = {
    "stateful": (program(before=STATEFUL, trainer="callbacks=[Mine()]"), "left out: Mine.state_dict"),
    "evaluates alone": (program(members=EVALUATES).replace(FIT, TEST), "lines"),
    "logs and saves": (
        program().replace("    logger=False,\n    enable_checkpointing=False,\n", ""),
        "left out: the default",
    ),
    "catches": (program().replace(FIT, f"try:\n    {FIT}\nfinally:\n    pass"), "lines"),
}
"""Programs that are written, likewise."""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """What the command said of each program; all in one process."""
    folder = tmp_path_factory.mktemp("programs")
    files = laid_out({name: source for name, (source, _) in (REFUSED | TAKEN).items()}, folder)
    (folder / "helper/helper.py").write_text("import os\nfrom lightning import Callback\n", "utf-8")
    made = program().replace("trainer = L", "def run():\n  trainer = L").replace("trainer.fit", "  trainer.fit")
    (folder / "elsewhere/maker.py").write_text(made.partition("print")[0], "utf-8")
    (folder / "in a module/models.py").write_text(program().partition("torch.manual_seed")[0], "utf-8")
    results: dict[str, str] = told(started(["--eject"], files, folder, OURS))["results"]
    for file in files:
        results[file.parent.name] += " ".join(sorted(path.name for path in file.parent.rglob("*") if path.is_file()))
    return results


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_by_name_and_nothing_is_written(name: str, said: dict[str, str]) -> None:
    assert REFUSED[name][1] in said[name]
    assert "Nothing was written" in said[name]
    assert said[name].count("main.py") == said[name].replace("plain/main.py", "").count("main.py")


@pytest.mark.parametrize("name", TAKEN)
def test_it_is_written_and_leaves_no_other_file(name: str, said: dict[str, str]) -> None:
    assert TAKEN[name][1] in said[name]
    assert said[name].endswith("main.py main.py")


def test_a_program_is_run_no_further_than_its_first_batch(said: dict[str, str]) -> None:
    written = [name for name, text in said.items() if "weights " in text]
    assert written == ["evaluates alone"]  # it has no fit
