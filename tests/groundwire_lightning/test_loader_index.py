import pytest
import torch
from tests.groundwire_lightning.small import Lit, lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.loader_index import LoaderIndexError


def test_a_step_that_reads_batches_itself_is_refused_in_every_entry_point():
    def step(self, dataloader_iter):
        raise AssertionError("was called")

    names = {"fit": "training_step", "validate": "validation_step", "test": "test_step", "predict": "predict_step"}
    for entry, name in names.items():
        with pytest.raises(L.NotSupportedYetError, match=rf"Lit\.{name}\(dataloader_iter\): a step is given a batch"):
            getattr(quiet(), entry)(lit(**{name: step}), loader())


def test_a_step_that_is_told_the_loader_has_to_take_it():
    module = lit(validation_step=lambda self, batch, batch_idx: None)
    with pytest.raises(
        LoaderIndexError, match=r"Lit\.validation_step\(batch, batch_idx\) is told which of several val"
    ):
        quiet().validate(module, [loader(), loader()])


def test_a_step_that_insists_on_a_loader_is_refused_where_there_is_one():
    module = lit(test_step=lambda self, batch, batch_idx, dataloader_idx: None)
    with pytest.raises(LoaderIndexError, match="insists on dataloader_idx, and there is one test loader"):
        quiet().test(module, loader())


def test_an_error_of_that_kind_is_caught_as_lightnings_and_by_its_meaning():
    assert issubclass(LoaderIndexError, (RuntimeError, L.MisconfigurationException))


def test_a_batch_that_is_none_is_refused():
    class Data(torch.utils.data.IterableDataset):
        def __iter__(self):
            yield None

    nothing = torch.utils.data.DataLoader(Data(), batch_size=None, collate_fn=lambda batch: batch)
    with pytest.raises(L.NotSupportedYetError, match="gave None as batch 0"):
        quiet().fit(Lit(), nothing, loader())
