"""How updates are made is said by ``explain``, and by a warning where a native override is around more of it."""

import warnings

import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

import groundwire_lightning as L


def passes_on(self, epoch, batch_idx, optimizer, optimizer_closure):
    optimizer.step(closure=optimizer_closure)


class Own(L.Trainer):
    def optimizer_step(self):
        super().optimizer_step()


def by_hand(base=Lit):
    module = base()
    module.automatic_optimization = False
    return module


def lbfgs():
    return lit(configure_optimizers=lambda self: torch.optim.LBFGS(self.parameters(), max_iter=2))


def updates(module, trainer_class=L.Trainer, fitted=True):
    trainer = quiet(trainer_class)
    if fitted:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            trainer.fit(module, loader())
    return trainer.explain("json", model=module)["updates"]


def test_a_step_is_straight_unless_somebody_asks_for_more():
    straight = "straight: forward and backward pass, then the optimizer's step"
    assert updates(Lit()) == [straight]
    assert updates(Lit(), fitted=False) == [f"{straight}, unless an optimizer evaluates the loss itself, as LBFGS does"]
    assert updates(Lit(), Own) == [straight]


def test_it_is_said_what_a_step_is_nested_in():
    (said,) = updates(lit(optimizer_step=passes_on), fitted=False)
    assert said.startswith(f"nested: forward and backward pass run within optimizer_step of Lit ({__file__}:")
    assert updates(lbfgs()) == ["nested: forward and backward pass run within the step of LBFGS"]
    assert updates(by_hand()) == ["by hand: training_step makes them, for automatic_optimization is False"]


def test_the_text_ends_with_it(capsys):
    text = quiet().explain(model=Lit())
    assert "\nUpdates:\n  straight: forward and backward pass" in text
    assert text.rstrip() in capsys.readouterr().out


@pytest.mark.parametrize("module", [lit(optimizer_step=passes_on), lbfgs()], ids=["optimizer_step", "LBFGS"])
def test_a_native_override_around_a_nested_step_is_a_finding(module):
    assert any("Own.optimizer_step (" in line for line in updates(module, Own))
    with pytest.warns(UserWarning, match=r"Own\.optimizer_step \(.*nested.*runs around forward and backward pass too"):
        quiet(Own, max_epochs=3).fit(module, loader())


def test_a_native_override_runs_where_it_stands():
    seen = []

    class Watches(L.Trainer):
        def optimizer_step(self):
            before = [parameter.grad is not None for parameter in self.model.parameters()]
            super().optimizer_step()
            seen.append(all(before))

    quiet(Watches, limit_train_batches=2).fit(Lit(), loader())
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        quiet(Watches, limit_train_batches=2).fit(lbfgs(), loader())
    assert seen == [True, True, False, True]  # nested, the gradients of the first update are made within


# in native order


def test_a_module_that_steps_by_hand_is_trained_in_native_order():
    def training_step(self, batch, batch_idx):
        optimizer = self.optimizers()
        loss = Lit.training_step(self, batch, batch_idx)
        optimizer.zero_grad()
        self.manual_backward(loss)
        optimizer.step()
        self.seen.append(self.trainer.at.update)

    module, plain = lit(training_step=training_step), Lit()
    module.automatic_optimization = False
    L.adapt(module, callbacks=[]).train(loader(), 2)
    L.adapt(plain, callbacks=[]).train(loader(), 2)
    assert module.seen == [1, 2, 3, 4, 5, 6]
    for one, other in zip(module.net.parameters(), plain.net.parameters(), strict=True):
        assert torch.equal(one, other)


def test_an_optimizer_step_of_a_module_is_called_in_native_order():
    seen = []

    def optimizer_step(self, epoch, batch_idx, optimizer, optimizer_closure):
        seen.append((epoch, batch_idx, optimizer_closure()))
        optimizer.step(closure=optimizer_closure)

    module, plain = lit(optimizer_step=optimizer_step), Lit()
    L.adapt(module, callbacks=[]).train(loader(), 2)
    L.adapt(plain, callbacks=[]).train(loader(), 2)
    assert seen == [(epoch, batch, None) for epoch in (0, 1) for batch in (0, 1, 2)]
    assert torch.equal(module.net[0].weight, plain.net[0].weight)


def test_what_native_order_cannot_do_is_refused():
    with pytest.raises(L.NotSupportedYetError, match=r"LBFGS runs both within it; use .*fit\(\)"):
        L.adapt(lbfgs(), callbacks=[]).train(loader(), 1)
    for asked, said in (({"gradient_clip_norm": 1.0}, "clips nothing"), ({"gradient_accumulation_steps": 2}, "accum")):
        with pytest.raises(L.MisconfigurationException, match=f"automatic_optimization = False.*{said}"):
            L.adapt(by_hand(), callbacks=[]).train(loader(), 1, **asked)


OF_ENTRIES = {
    "fit": ("training_step", "validation_step"),
    "validate": ("validation_step",),
    "test": ("test_step",),
    "predict": ("predict_step",),
}


@pytest.mark.parametrize("entry", OF_ENTRIES)
def test_explain_tells_of_the_entry_point_that_is_asked_for(entry):
    names = ("training_step", "validation_step", "test_step", "predict_step")
    module = type("Net", (Lit,), {name: lambda self, batch, batch_idx: None for name in names})()
    trainer = quiet()
    data = trainer.explain("json", model=module, entry=entry)
    attached = [line["method"] for hook in data["hooks"] for line in hook["attached"]]
    assert set(OF_ENTRIES[entry]) <= set(attached)
    assert entry == "fit" or set(attached) & set(names) == set(OF_ENTRIES[entry])
    text = trainer.explain(model=module, entry=entry)
    assert all(f"Net.{name}" in text for name in OF_ENTRIES[entry])
    assert "Only in a run of evaluation" not in text  # nobody listens there
    assert trainer.state.fn is None


def test_an_entry_point_that_does_not_exist_is_not_explained():
    with pytest.raises(ValueError, match=r"explain\(entry='eval'\)"):
        quiet().explain(model=Lit(), entry="eval")
