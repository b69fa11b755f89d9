import pytest
from tests.groundwire_lightning.data.test_dataloader_iter import (
    LOADERS,
    STAGES,
    STEPS,
    endless,
    evaluate,
    plain_validation,
    predict,
    train,
)
from tests.side_by_side.twins import fit, loss_of, twins


def evaluate_two(self, dataloader_iter):
    total = sum(loss_of(self, next(dataloader_iter)[0]) for _ in range(2))
    self.log("val_loss", total, batch_size=1)
    return total


def by_hand(self):
    self.automatic_optimization = False


def two_epochs_at_most(self, batch, batch_idx):
    return -1 if self.current_epoch == 1 and batch_idx == 2 else None


def more(step):
    return {"setup": lambda self, stage: by_hand(self)} if step == "by hand" else {}


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("step", STEPS)
def test_a_training_step_reads_its_batches(step, loader):
    if endless(step, loader):
        pytest.skip("would never end, under Lightning neither")
    methods = {"training_step": STEPS[step], "validation_step": plain_validation, **more(step)}

    def scenario(stage):
        fit(stage, methods=methods, train=LOADERS[loader], max_epochs=3)

    twins(scenario)


@pytest.mark.parametrize("ours", STAGES)
def test_the_rest_of_an_epoch_is_skipped(ours):
    methods = {"training_step": train, "on_train_batch_start": two_epochs_at_most, "validation_step": evaluate}
    twins(lambda stage: fit(stage, methods=methods, max_epochs=3), **STAGES[ours])


@pytest.mark.parametrize("loader", LOADERS)
@pytest.mark.parametrize("step", [evaluate, evaluate_two])
@pytest.mark.parametrize("ours", STAGES)
def test_a_validation_step_reads_its_batches(step, loader, ours):
    def scenario(stage):
        fit(stage, methods={"validation_step": step}, val=LOADERS[loader], val_check_interval=3)
        return stage.trainer.validate(stage.module, stage.loader("val", **LOADERS[loader]), verbose=False)

    twins(scenario, **STAGES[ours])


@pytest.mark.parametrize("entry", ["validate", "test", "predict"])
@pytest.mark.parametrize("loaders", [1, 2, 3])
@pytest.mark.parametrize("loader", LOADERS)
def test_steps_of_several_loaders_read_one_after_the_other(entry, loaders, loader):
    def scenario(stage):
        methods = {"validation_step": evaluate, "test_step": evaluate, "predict_step": predict}
        module = stage.make_module(methods=methods)
        trainer = stage.make_trainer(callbacks=[stage.make_callback()], limit_test_batches=3)
        given = [stage.loader(f"{entry} {number}", **LOADERS[loader]) for number in range(loaders)]
        quiet = {} if entry == "predict" else {"verbose": False}
        return getattr(trainer, entry)(module, given if loaders > 1 else given[0], **quiet)

    twins(scenario)
