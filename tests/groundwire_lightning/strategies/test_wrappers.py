"""Steps go through the wrappers of their module: what a wrapper does to a forward pass, it does to a step."""

import pytest
import torch
from tests.groundwire_lightning.small import Lit, equal, lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.strategies.wrappers import expect_backward, through_wrappers


class Counting(torch.nn.DataParallel):
    """A wrapper that counts what goes through it."""

    def __init__(self, module):
        super().__init__(module)
        self.passes = 0

    def forward(self, *args, **kwargs):
        self.passes += 1
        return super().forward(*args, **kwargs)


def test_a_module_without_a_wrapper_is_called_itself():
    module = Lit()
    assert through_wrappers(module, module, module.training_step) == module.training_step


def test_a_step_goes_through_the_wrapper_and_reaches_the_module_with_its_arguments():
    given = []

    def training_step(self, batch, batch_idx, *, more=None):
        given.append((batch, batch_idx, more))
        return self(torch.ones(1, 1)).sum()

    module = lit(training_step=training_step)
    wrapper = Counting(module)
    step = through_wrappers(wrapper, module, module.training_step)
    assert torch.equal(step("batch", 3, more=4), module.net(torch.ones(1, 1)).sum())
    assert given == [("batch", 3, 4)]
    assert wrapper.passes == 1
    assert "forward" not in vars(module)


def test_a_forward_that_was_set_on_the_module_is_there_again_afterwards():
    module = Lit()
    module.forward = own = lambda inputs: module.net(inputs) * 2
    seen = []
    step = through_wrappers(Counting(module), module, lambda: seen.append(module.forward))
    step()
    assert seen == [own]
    assert module.forward is own


def test_an_error_leaves_the_module_as_it_was():
    module = Lit()

    def breaks():
        raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken"):
        through_wrappers(Counting(module), module, breaks)()
    assert "forward" not in vars(module)


def test_the_steps_of_a_run_go_through_the_wrapper():
    wrappers = []

    class Wraps(L.Trainer):
        def _prepare_model_and_optimizer(self):
            super()._prepare_model_and_optimizer()
            self.model = Counting(self.model)
            self._accelerator.unwrap_model = lambda model, **_: getattr(model, "module", model)
            wrappers.append(self.model)

    plain, wrapped = Lit(), Lit()
    quiet().fit(plain, loader(), loader())
    quiet(Wraps).fit(wrapped, loader(), loader())
    assert [wrapper.passes for wrapper in wrappers] == [6]  # three batches of training, three of validation
    assert equal(plain.net, wrapped.net)


def test_a_compiled_module_runs_compiled_steps():
    graphs = []

    def backend(graph, inputs):
        graphs.append(graph)
        return graph.forward

    plain, module = Lit(), Lit()
    quiet(max_epochs=1).fit(plain, loader(), loader())
    quiet(max_epochs=1).fit(torch.compile(module, backend=backend), loader(), loader())
    assert len(graphs) >= 2  # one for each kind of step at least
    assert equal(plain.net, module.net)


def test_a_backward_pass_by_hand_is_expected_only_of_several_processes():
    expect_backward(Lit(), torch.ones(()))
