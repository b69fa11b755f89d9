import pytest
from tests.groundwire_lightning.small import lit, loader, quiet

import groundwire_lightning as L
from groundwire_lightning.loops.phases import LoaderIndexError


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
