import pytest
from tests.groundwire.runs import IN_ORDER, by_hand, data, equal, network, trainer_for, weights
from torch.utils.data import DataLoader, IterableDataset

from groundwire import GroundwireError, Trainer, TrainerCallback


class Stream(IterableDataset):
    """Samples without a length."""

    def __init__(self, samples):
        self.samples = samples

    def __iter__(self):
        return iter([data(self.samples)[index] for index in range(self.samples)])


class WrongLength(Stream):
    """Samples that only estimate how many they are, and guess too high."""

    def __len__(self):
        return 2 * self.samples


class Batches:
    """Batches without a length, again and again."""

    def __init__(self, samples, size=2):
        self.loader = DataLoader(data(samples), size)

    def __iter__(self):
        return iter(self.loader)


KINDS = {
    "an iterable dataset": Stream,  # B17
    "an iterable dataset that guesses its length": WrongLength,
    "a loader of a stream": lambda samples: DataLoader(Stream(samples), 2),
    "a list of samples": lambda samples: [data(samples)[index] for index in range(samples)],
    "an iterable of batches": Batches,
    "a loader": lambda samples: DataLoader(data(samples), 2),
}


@pytest.mark.parametrize("size", [1, 2, 3, 8])
@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_data_of_every_kind_is_trained_on_alike(kind, size):
    trainer = trainer_for()
    shuffle = {"train_dataloader_kwargs": IN_ORDER} if isinstance(kind(9), list) else {}
    asked = {"per_device_batch_size": 2, "gradient_accumulation_steps": size, **shuffle}
    trainer.train(kind(9), 2, eval_dataset=kind(4), **asked)
    assert equal(weights(trainer.model), by_hand(network(), DataLoader(data(9), 2), 2, size))
    assert len(trainer.run_history.get_metric_values("eval_loss_epoch")) == 2


def test_a_list_of_batches_may_stand_for_a_loader():  # B18
    class Listed(Trainer):
        def create_train_dataloader(self, batch_size, train_dl_kwargs=None):
            return list(DataLoader(self.train_dataset, batch_size))

    trainer = trainer_for(kind=Listed)
    trainer.train(data(9), 2, per_device_batch_size=2, gradient_accumulation_steps=2)
    assert equal(weights(trainer.model), by_hand(network(), DataLoader(data(9), 2), 2, 2))
    assert trainer.run_config.num_update_steps_per_epoch == 3


def test_a_window_of_a_stream_is_read_as_a_whole_and_no_further():
    read = []

    class Watched(Batches):
        def __iter__(self):
            for number, batch in enumerate(self.loader):
                read.append(number)
                yield batch

    class Looks(TrainerCallback):
        def on_train_update_end(self, trainer, **kwargs):
            self.seen = [*getattr(self, "seen", []), (trainer.at.window, len(read))]

    looks = Looks()
    trainer_for(callbacks=[looks]).train(Watched(10), 1, gradient_accumulation_steps=2)
    assert looks.seen == [(2, 2), (2, 4), (1, 5)]


def test_a_limit_holds_for_a_stream_and_stops_its_reading():
    class Endless:
        def __iter__(self):
            while True:
                yield data(2).tensors

    trainer = trainer_for()
    trainer.train(Endless(), 3, gradient_accumulation_steps=2, max_num_train_steps=5)
    assert trainer.at.update == 5
    assert trainer.run_history.current_epoch == 2


@pytest.mark.parametrize("used_up", [iter([]), DataLoader(Stream(0), 2)], ids=["iterator", "stream"])
def test_data_that_gives_no_batch_is_an_error(used_up):
    with pytest.raises(GroundwireError, match="the data gave no batch"):
        trainer_for().train(used_up, 1)
    with pytest.raises(GroundwireError, match="the data gave no batch"):
        trainer_for().evaluate(used_up)
