"""The numbers of a run in every precision: the same bits as Lightning's, in training and in validation."""

import warnings

import lightning
import pytest
import torch
from tests.side_by_side.twins import BOTH, fit, layers, loss_of, sgd, twins

import groundwire_lightning.plugins

PRECISIONS = [None, "32-true", 32, "32", "bf16-mixed", "bf16", "16-mixed", 16, "16", "bf16-true", "64-true", 64, "64"]


def looking_step(self, batch, batch_idx):
    """Logs and notes what it computes with."""
    points, _ = batch
    self.stage.note(
        "test", "computes with", str(points.dtype), str(torch.get_default_dtype()), str(torch.ones(1).dtype)
    )
    self.stage.note("test", "autocast", torch.is_autocast_enabled("cpu"), str(self.layers(points).dtype))
    loss = loss_of(self, batch)
    self.log("loss", loss, on_step=True, on_epoch=True, prog_bar=True)
    return loss


def validation_step(self, batch, batch_idx):
    looking_step(self, batch, batch_idx)
    return {"points": batch[0]}


def outputs(self, batch_outputs, batch, batch_idx, *more):
    self.stage.note("test", "outputs", batch_outputs)


def layers_later(self):
    self.stage.note("test", "makes", str(torch.get_default_dtype()))
    if not hasattr(self, "more"):
        self.more = torch.nn.Linear(2, 2)
        self.stage.note("test", "made", str(self.more.weight.dtype), self.more.weight)


def device_of(self):
    self.stage.note("test", "is", str(self.dtype), self.trainer.precision, str(self.trainer.precision_plugin.precision))


METHODS = {
    **BOTH,
    "training_step": looking_step,
    "validation_step": validation_step,
    "on_train_batch_end": outputs,
    "on_validation_batch_end": outputs,
    "configure_model": layers_later,
    "on_train_start": device_of,
}


@pytest.mark.parametrize("precision", [*PRECISIONS, "16-true"])
def test_a_run_in_a_precision_has_lightnings_bits(precision):
    twins(lambda stage: fit(stage, methods=METHODS, precision=precision))


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "64-true"])
@pytest.mark.parametrize(
    "more",
    [
        {"accumulate_grad_batches": 3, "gradient_clip_val": 0.1},
        {"gradient_clip_val": 0.01, "gradient_clip_algorithm": "value"},
    ],
    ids=["accumulated", "clipped"],
)
def test_updates_in_a_precision_have_lightnings_bits(precision, more):
    twins(lambda stage: fit(stage, precision=precision, **more), hears=False)


def by_hand(self, batch, batch_idx):
    optimizer = self.optimizers()
    optimizer.zero_grad()
    self.manual_backward(loss_of(self, batch))
    optimizer.step()


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "64-true", "16-mixed"])
def test_updates_by_hand_in_a_precision_have_lightnings_bits(precision):
    methods = {**BOTH, "automatic_optimization": False, "training_step": by_hand, "configure_optimizers": sgd}
    twins(lambda stage: fit(stage, methods=methods, precision=precision), hears=False)


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "64-true"])
def test_a_validation_in_a_precision_has_lightnings_bits(precision):
    def scenario(stage):
        module, trainer = stage.make_module(methods=METHODS), stage.make_trainer(precision=precision)
        return trainer.validate(module, stage.loader("val", samples=10), verbose=False)

    twins(scenario)


def predict_step(self, batch, batch_idx):
    self.stage.note("test", "predicts with", str(batch[0].dtype), torch.is_autocast_enabled("cpu"))
    return self.layers(batch[0])


def forward(self, batch):
    return self.layers(batch[0])


@pytest.mark.parametrize("precision", ["bf16-mixed", "bf16-true", "64-true"])
@pytest.mark.parametrize("methods", [{"predict_step": predict_step}, {"forward": forward}], ids=["step", "forward"])
def test_tests_and_predictions_in_a_precision_have_lightnings_bits(methods, precision):
    def scenario(stage):
        module = stage.make_module(methods={"test_step": looking_step_of_a_test, **methods})
        trainer = stage.make_trainer(precision=precision)
        tested = trainer.test(module, stage.loader("test", samples=10), verbose=False)
        return tested, trainer.predict(module, stage.loader("test", samples=10))

    twins(scenario)


def looking_step_of_a_test(self, batch, batch_idx):
    self.log("test_loss", loss_of(self, batch))


def test_trainers_of_two_precisions_live_side_by_side():
    def scenario(stage):
        module = stage.make_module(methods=METHODS)
        first, second = stage.make_trainer(precision="bf16-mixed"), stage.make_trainer(precision="64-true")
        for trainer in (first, second, first):
            stage.trainer = trainer
            trainer.validate(module, stage.loader("val", samples=10), verbose=False)
        return str(torch.get_default_dtype())

    twins(scenario)


def test_a_module_is_made_in_a_precision():
    def scenario(stage):
        stage.make_module()
        trainer = stage.make_trainer(precision="64-true")
        with trainer.init_module():
            made = layers()
        return str(made[0].weight.dtype), made[0].weight

    twins(scenario)


@pytest.mark.parametrize("precision", ["8-true", "bfloat16", 8, "32-mixed", 1.5])
def test_a_precision_that_there_is_not_is_refused(precision):
    def scenario(stage):
        stage.make_module()
        stage.make_trainer()
        stage.make_trainer(precision=precision)

    assert twins(scenario)["answer"] == ["raised", "ValueError"]


def test_every_spelling_that_lightning_takes_is_taken():
    from lightning.fabric.connector import _PRECISION_INPUT_STR, _convert_precision_to_unified_args

    from groundwire_lightning.strategies.precision import SPELLINGS, checked_precision

    engines = {"transformer-engine", "transformer-engine-float16"}
    assert set(_PRECISION_INPUT_STR.__args__) - engines == set(SPELLINGS.values())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for spelt in set(SPELLINGS) - {None}:
            assert checked_precision(spelt) == _convert_precision_to_unified_args(spelt)


# 16 bits with a scaler, which Lightning and groundwire have on a CPU only where it is plugged in


def scaled(stage, **scaler):
    plugins = lightning.pytorch.plugins if stage.is_lightning else groundwire_lightning.plugins
    made = torch.amp.GradScaler("cpu", **{"init_scale": 2.0**8, "growth_interval": 3, **scaler})
    return [plugins.MixedPrecision("16-mixed", device="cpu", scaler=made)]


def infinite_at_2(self, batch, batch_idx):
    loss = loss_of(self, batch)
    return loss * float("inf") if batch_idx == 2 else None if batch_idx == 3 else loss


def telling_scale(self, optimizer):
    scaler = self.trainer.precision_plugin.scaler
    self.stage.note("test", "scale", scaler.get_scale(), [parameter.grad for parameter in self.parameters()])


def lbfgs(self):
    return torch.optim.LBFGS(self.parameters())


def passes_on(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.step(closure=optimizer_closure)


def on_before_backward(self, loss):
    self.stage.note("test", "loss", loss)


SCALED = {
    "steps": {},
    "clipping": {"gradient_clip_val": 0.1},
    "accumulation": {"accumulate_grad_batches": 3},
    "an infinite loss, and none": {"methods": {**BOTH, "training_step": infinite_at_2}},
    "the scale": {
        "methods": {**BOTH, "on_before_optimizer_step": telling_scale, "on_before_backward": on_before_backward}
    },
    "an optimizer_step": {"methods": {**BOTH, "optimizer_step": passes_on}},
    "by hand": {"methods": {**BOTH, "automatic_optimization": False, "training_step": by_hand}},
    "LBFGS": {"methods": {**BOTH, "configure_optimizers": lbfgs}},
}


@pytest.mark.parametrize("case", SCALED)
def test_scaled_gradients_have_lightnings_bits(case):
    def scenario(stage):
        fit(stage, plugins=scaled(stage), **SCALED[case])
        return stage.trainer.precision_plugin.state_dict()

    twins(scenario)


@pytest.mark.parametrize("entry", ["fit", "validate"])
def test_the_scale_goes_on_where_a_file_left_it(entry, tmp_path):
    def scenario(stage):
        path = tmp_path / f"{stage.L.__name__}.ckpt"
        fit(stage, plugins=scaled(stage), methods=SCALED["an infinite loss, and none"]["methods"], max_epochs=1)
        stage.trainer.save_checkpoint(path)
        stage.note("file", "scale", torch.load(path, weights_only=True)["MixedPrecision"])
        module = stage.make_module(methods=SCALED["the scale"]["methods"])
        trainer = stage.make_trainer(plugins=scaled(stage, init_scale=4.0))
        if entry == "fit":
            trainer.fit(module, stage.loader("train"), stage.loader("val", samples=10), ckpt_path=path)
        else:
            trainer.validate(module, stage.loader("val", samples=10), ckpt_path=path, verbose=False)
        return trainer.precision_plugin.state_dict()

    twins(scenario)
