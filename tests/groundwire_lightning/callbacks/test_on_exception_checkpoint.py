import pytest
from tests.groundwire_lightning.small import lit, loader, quiet

from groundwire_lightning.callbacks import OnExceptionCheckpoint


def breaks(self, batch, batch_idx):
    raise RuntimeError("the disk is gone")


def run(callback, **methods):
    quiet(callbacks=[callback], enable_checkpointing=None).fit(lit(**methods), loader())


def test_an_error_leaves_a_file_which_a_run_that_ends_well_deletes(tmp_path):
    rescue = OnExceptionCheckpoint(tmp_path, "rescued")
    with pytest.raises(RuntimeError, match="the disk is gone"):
        run(rescue, training_step=breaks)
    assert [path.name for path in tmp_path.iterdir()] == ["rescued.ckpt"]
    run(rescue)
    assert list(tmp_path.iterdir()) == []


def test_a_name_is_due():
    with pytest.raises(ValueError, match=r"filename=''"):
        OnExceptionCheckpoint("here", filename="")
