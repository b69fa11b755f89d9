import functools

import lightning
import pytest
import torch
from tests.groundwire_lightning.callbacks.test_model_checkpoint import LOGS, callbacks_of, tell, training_step
from tests.side_by_side.twins import Loader, Samples, Stage, twins
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR

import groundwire_lightning


def scheduled(interval):
    def configure_optimizers(self):
        optimizer = torch.optim.Adam(self.parameters(), lr=0.01)
        return [optimizer], [{"scheduler": StepLR(optimizer, 2, 0.5), "interval": interval}]

    return configure_optimizers


def on_plateau(self):
    optimizer = torch.optim.SGD(self.parameters(), lr=0.1, momentum=0.9)
    scheduler = ReduceLROnPlateau(optimizer, patience=0, threshold=10.0)
    return {"optimizer": optimizer, "lr_scheduler": {"scheduler": scheduler, "monitor": "val_loss"}}


def by_hand(self, batch, batch_idx):
    optimizers = self.optimizers()
    loss = training_step(self, batch, batch_idx)
    for optimizer in optimizers:
        optimizer.zero_grad()
    self.manual_backward(loss)
    for optimizer in optimizers:
        optimizer.step()
    return loss


def two_optimizers(self):
    self.automatic_optimization = False
    return [torch.optim.Adam(self.layers[number].parameters(), lr=0.01) for number in (0, 4)]


def now_by_hand(self, stage):
    self.automatic_optimization = False


BY_HAND = {"training_step": by_hand, "configure_optimizers": two_optimizers, "setup": now_by_hand}
MOMENTS = {
    "at the end of a training epoch": ("on_train_epoch_end", lambda trainer, *_: trainer.current_epoch == 0),
    "at the end of a validation": ("on_validation_end", lambda trainer, *_: trainer.global_step > 0),
    "in mid-epoch": ("on_train_batch_end", lambda trainer, module, outputs, batch, index: index == 1),
    "at the last batch": ("on_train_batch_end", lambda trainer, module, outputs, batch, index: index == 4),
    "at the start of the second epoch": ("on_train_epoch_start", lambda trainer, *_: trainer.current_epoch == 1),
    "at the end of fitting": ("on_train_end", lambda *_: True),
}
PLANS = {
    "plain": {},
    "two validations an epoch": {"val_check_interval": 2},
    "accumulation": {"accumulate_grad_batches": 2},
    "steps of a scheduler": {"methods": {"configure_optimizers": scheduled("step")}},
    "epochs of a scheduler": {"methods": {"configure_optimizers": scheduled("epoch")}},
    "a scheduler with a metric": {"methods": {"configure_optimizers": on_plateau}},
    "max_steps": {"max_steps": 13},
    "two optimizers, moved by hand": {"methods": BY_HAND},
    "no validation": {"without": ("validation_step",)},
    "no sanity check": {"num_sanity_val_steps": 0},
}


def run_on(stage, folder, plan, listeners=(), resume=None, epochs=3):
    """A fit of the plan with a ModelCheckpoint and an EarlyStopping."""
    plan = dict(plan)
    methods = {**LOGS, **plan.pop("methods", {})}
    for name in plan.pop("without", ()):
        del methods[name]
    module = stage.make_module(methods=methods)
    found = callbacks_of(stage)
    watching = [] if "validation_step" not in methods else [found.EarlyStopping("val_loss", patience=50)]
    kept = found.ModelCheckpoint(dirpath=folder / "kept", save_top_k=-1, filename="{step}")
    trainer = stage.make_trainer(
        callbacks=[*listeners, *watching, kept], enable_checkpointing=True, default_root_dir=str(folder),
        max_epochs=epochs, **plan,
    )  # fmt: skip
    val = stage.loader("val", samples=6) if "validation_step" in methods else None
    trainer.fit(module, stage.loader("train", samples=18), val, ckpt_path=resume)
    return trainer


def write_at(framework, folder, plan, moments):
    """A run that saves once at each of some moments; moment to file, for those that came."""
    hooks = {}
    for moment in moments:
        hooks.setdefault(MOMENTS[moment][0], []).append(moment)

    def saving_in(hook):
        def method(self, trainer, *told):
            for moment in hooks[hook]:
                path = folder / f"{moment}.ckpt"
                if MOMENTS[moment][1](trainer, *told) and not path.exists() and not trainer.sanity_checking:
                    trainer.save_checkpoint(path)

        return method

    stage = Stage(framework, hears=False)
    framework.seed_everything(3, verbose=False)
    saves = stage.make_callback(methods={hook: saving_in(hook) for hook in hooks})
    run_on(stage, folder / "first", plan, [saves], epochs=2)
    return {moment: path for moment in moments if (path := folder / f"{moment}.ckpt").exists()}


def write(framework, folder, plan, moment):
    """A run that saves once at a moment; the file."""
    return write_at(framework, folder, plan, [moment])[moment]


@pytest.fixture(scope="module")
def files_of(tmp_path_factory):
    """What :func:`write_at` gives for a plan of :data:`PLANS` and every moment; one run each."""

    @functools.cache
    def made(framework, plan):
        return write_at(framework, tmp_path_factory.mktemp(framework.__name__), PLANS[plan], MOMENTS)

    return made


EVERYWHERE = ("plain", "max_steps")
"""Plans that are tried at every moment; the others at those that differ most."""
PAIRS = [(plan, moment) for plan in EVERYWHERE for moment in MOMENTS]
PAIRS += [(plan, moment) for plan in PLANS if plan not in EVERYWHERE for moment in list(MOMENTS)[:3:2]]
PAIRS += [("a scheduler with a metric", "at the end of a validation"), ("accumulation", "at the last batch")]


@pytest.mark.parametrize(("plan", "moment"), PAIRS)
def test_a_run_goes_on_as_in_lightning_from_its_file(plan, moment, tmp_path, files_of):
    path = files_of(lightning, plan)[moment]

    def scenario(stage):
        folder = tmp_path / ("theirs" if stage.is_lightning else "ours")
        run_on(stage, folder, PLANS[plan], [stage.make_callback()], resume=path)

    twins(scenario)


@pytest.mark.parametrize("moment", ["in mid-epoch", "at the end of a training epoch"])
def test_a_run_goes_on_in_both_from_a_file_of_groundwire(moment, tmp_path, files_of):
    path = files_of(groundwire_lightning, "plain")[moment]
    twins(lambda stage: run_on(stage, tmp_path / str(stage.is_lightning), {}, [stage.make_callback()], path) and None)


@pytest.mark.filterwarnings("ignore:accumulate_grad_batches=2")
@pytest.mark.parametrize("plan", PLANS)
def test_the_files_of_both_are_equal_at_every_moment(plan, files_of):
    told = []
    for framework in (lightning, groundwire_lightning):
        stage = Stage(framework, hears=False)
        for moment, path in files_of(framework, plan).items():
            tell(stage, moment, torch.load(path, weights_only=True), str(path.parent))
        told.append(stage.calls)
    for theirs, ours in zip(*told, strict=True):
        assert ours["call"] == theirs["call"]
        assert ours["args"] == theirs["args"], ours["call"]


class StatefulLoader(Loader):
    """A loader that knows where it is, and goes on from there."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.given, self.skip = 0, 0

    def __iter__(self):
        skip, self.skip = self.skip, 0
        self.given = skip
        for number, batch in enumerate(super().__iter__()):
            if number >= skip:
                self.given += 1
                yield batch

    def state_dict(self):
        return {"given": self.given}

    def load_state_dict(self, state_dict):
        self.skip = state_dict["given"]


@pytest.mark.parametrize("kind", ["a loader with a state", "data without a length"])
@pytest.mark.parametrize("moment", ["in mid-epoch", "at the end of a training epoch"])
def test_a_run_on_other_data_goes_on_as_in_lightning(kind, moment, tmp_path):
    hook, is_time = MOMENTS[moment]

    def made(stage):
        if kind == "data without a length":
            return stage.loader("train", samples=18, sized=False)
        return StatefulLoader(stage, "train", Samples(stage, "train", 18), batch_size=4)

    def scenario(stage):
        path = tmp_path / "a.ckpt"
        path.unlink(missing_ok=True)

        def method(self, trainer, *told):
            if is_time(trainer, *told) and not path.exists():
                trainer.save_checkpoint(path)

        module = stage.make_module(methods={"training_step": training_step})
        trainer = stage.make_trainer(callbacks=[stage.make_callback(methods={hook: method})], max_epochs=2)
        trainer.fit(module, made(stage))
        tell(stage, "file", torch.load(path, weights_only=True), str(tmp_path))
        module = stage.make_module(methods={"training_step": training_step})
        trainer = stage.make_trainer(callbacks=[stage.make_callback()], max_epochs=3)
        trainer.fit(module, made(stage), ckpt_path=path)

    twins(scenario)
