"""The optimizer that a module is handed: torch's own in everything but its steps."""

import copy

import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loader, quiet
from torch.optim.lr_scheduler import StepLR

import groundwire_lightning as L
from groundwire_lightning.core.optimizer import LightningOptimizer, _MockOptimizer, evaluates_once


def parameter():
    made = torch.nn.Parameter(torch.ones(1))
    made.grad = torch.ones(1)
    return made


def test_it_is_taken_for_the_optimizer_it_stands_for():
    own = torch.optim.Adam([parameter()], lr=0.5)
    wrapped = LightningOptimizer(own)
    assert isinstance(wrapped, torch.optim.Adam)
    assert isinstance(wrapped, LightningOptimizer)
    assert type(wrapped).__name__ == "LightningAdam"
    assert wrapped.optimizer is own
    assert wrapped.param_groups is own.param_groups
    assert wrapped.defaults["lr"] == 0.5
    assert repr(wrapped) == f"Lightning{own!r}"
    with pytest.raises(AttributeError):
        _ = wrapped.nothing


def test_without_a_trainer_it_steps_like_its_own():
    one, other = parameter(), parameter()
    LightningOptimizer(torch.optim.SGD([one], lr=0.5)).step()
    torch.optim.SGD([other], lr=0.5).step()
    assert torch.equal(one, other)


def test_what_is_loaded_or_added_reaches_the_optimizer_it_stands_for():
    own = torch.optim.SGD([parameter()], lr=0.5, momentum=0.9)
    wrapped = LightningOptimizer(own)
    state = copy.deepcopy(own.state_dict())
    state["param_groups"][0]["lr"] = 0.25
    wrapped.load_state_dict(state)
    wrapped.add_param_group({"params": [parameter()], "lr": 0.125})
    assert [group["lr"] for group in own.param_groups] == [0.25, 0.125]
    assert wrapped.state_dict() == own.state_dict()
    wrapped.zero_grad()
    assert all(one.grad is None for group in own.param_groups for one in group["params"])


def test_a_scheduler_may_be_made_of_it_in_a_run():
    def on_train_start(self):
        self.scheduler = StepLR(self.optimizers(), 1, gamma=0.5)

    def on_train_epoch_end(self):
        self.scheduler.step()

    module = lit(on_train_start=on_train_start, on_train_epoch_end=on_train_epoch_end)
    trainer = quiet(max_epochs=2)
    trainer.fit(module, loader())
    assert trainer.optimizers[0].param_groups[0]["lr"] == pytest.approx(0.025)


def test_a_module_that_keeps_it_can_be_copied():
    def on_train_start(self):
        self.kept = self.optimizers()

    module = lit(on_train_start=on_train_start)
    quiet().fit(module, loader())
    assert torch.equal(copy.deepcopy(module).net[0].weight, module.net[0].weight)


def test_the_same_objects_are_handed_out_in_a_run():
    seen = []
    module = lit(on_train_batch_end=lambda self, *_: seen.append(self.optimizers()))
    quiet().fit(module, loader())
    assert len({id(one) for one in seen}) == 1


def test_optimizers_that_are_put_in_place_are_stepped():
    made = []

    class Replaces(L.Callback):
        def on_train_start(self, trainer, pl_module):
            made.append(torch.optim.SGD(pl_module.parameters(), lr=0.0))
            trainer.strategy.optimizers = made

    module = lit(on_train_batch_end=lambda self, *_: self.seen.append(self.optimizers().optimizer is made[0]))
    before = [one.clone() for one in module.parameters()]
    quiet(callbacks=[Replaces()]).fit(module, loader())
    assert module.seen == [True, True, True]
    assert all(torch.equal(one, other) for one, other in zip(before, module.parameters(), strict=True))


class Subclass(torch.optim.SGD):
    """torch's step as it is."""


class Another(torch.optim.SGD):
    def step(self, closure=None):
        return super().step(closure)


def scheduled(optimizer):
    StepLR(optimizer, 1)
    return optimizer


@pytest.mark.parametrize(
    ("make", "known"),
    [
        (lambda: torch.optim.Adam([parameter()]), True),
        (lambda: scheduled(torch.optim.Adam([parameter()])), True),
        (lambda: Subclass([parameter()], lr=1.0), True),
        (_MockOptimizer, True),
        (lambda: Another([parameter()], lr=1.0), False),
        (lambda: torch.optim.LBFGS([parameter()]), False),
    ],
)
def test_it_is_known_of_torchs_own_that_they_evaluate_their_closure_once_and_first(make, known):
    assert evaluates_once(make()) is known


def test_a_toggled_model_is_told_its_index_in_the_words_of_lightning_1():
    def toggle_optimizer(self, optimizer, optimizer_idx):
        self.seen.append((type(optimizer).__name__, optimizer_idx))

    def training_step(self, batch, batch_idx):
        with self.optimizers()[1].toggle_model():
            self.seen.append("within")

    def configure_optimizers(self):
        return [torch.optim.SGD(layer.parameters(), lr=0.1) for layer in (self.net[0], self.net[2])]

    module = lit(
        training_step=training_step,
        configure_optimizers=configure_optimizers,
        toggle_optimizer=toggle_optimizer,
        untoggle_optimizer=lambda self, optimizer_idx: self.seen.append(optimizer_idx),
    )
    module.automatic_optimization = False
    quiet(limit_train_batches=1).fit(module, loader())
    assert module.seen == [("LightningSGD", 1), "within", 1]


def test_a_run_without_an_optimizer_says_so_and_changes_nothing():
    module = lit(configure_optimizers=lambda self: None)
    before = module.net[0].weight.clone()
    with pytest.warns(UserWarning, match="configure_optimizers returned None"):
        quiet().fit(module, loader())
    assert torch.equal(module.net[0].weight, before)
    assert Lit().net[0].weight.shape == before.shape
