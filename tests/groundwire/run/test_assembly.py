from types import SimpleNamespace

import pytest
import torch
from tests.groundwire.runs import data, trainer_for

from groundwire import GroundwireError
from groundwire.request import EvaluateRequest, TrainRequest
from groundwire.run import assembly

BATCHES = [torch.zeros(2)]


@pytest.mark.parametrize(
    ("request_", "new", "hook", "expected"),
    [
        (
            TrainRequest(train_dataset=BATCHES, num_epochs=1, train_dataloader_kwargs={"drop_last": True}),
            assembly.new_train_loader,
            "create_train_dataloader",
            {"drop_last": True},
        ),
        (
            TrainRequest(train_dataset=BATCHES, num_epochs=1, eval_dataloader_kwargs={"drop_last": True}),
            assembly.new_eval_loader,
            "create_eval_dataloader",
            {"drop_last": True},
        ),
        (
            EvaluateRequest(dataloader_kwargs={"num_workers": 0}),
            assembly.new_eval_loader,
            "create_eval_dataloader",
            {"num_workers": 0},
        ),
    ],
)
def test_a_loader_comes_from_its_hook_with_the_arguments_of_the_request(request_, new, hook, expected):
    calls = []

    def create(*arguments):
        calls.append(arguments)
        return BATCHES

    assert new(SimpleNamespace(**{hook: create}), request_) is BATCHES
    assert calls == [(8, expected)]


@pytest.mark.parametrize(("loader", "error"), [(None, ValueError), ([], ValueError), (3, TypeError)])
def test_a_hook_that_makes_no_loader_is_refused(loader, error):
    plan = SimpleNamespace(create_eval_dataloader=lambda *_: loader)
    with pytest.raises(error, match="eval_dataloader"):
        assembly.new_eval_loader(plan, EvaluateRequest())


def test_an_evaluation_counts_as_one_epoch_without_a_limit():
    assert assembly.numbers_of_run(EvaluateRequest(per_device_batch_size=3)) == (3, 1, 1, None, None)


def test_samples_of_evaluation_that_are_no_pairs_are_refused_unless_somebody_reads_them_otherwise():
    trainer = trainer_for()

    class Own(type(trainer)):
        def calculate_eval_batch_loss(self, batch):
            return {"loss": batch.mean(), "model_outputs": None, "batch_size": len(batch)}

    single = torch.utils.data.StackDataset(only=torch.zeros(4, 1))
    with pytest.raises(GroundwireError, match="a batch is a dictionary of 'only'"):
        trainer.train(data(4), 1, eval_dataset=single)
    assert trainer.at.update == 0
    other = trainer_for(kind=Own)
    other._eval_dataloader = torch.utils.data.DataLoader(single)
    assembly.look_at_evaluation(other)
