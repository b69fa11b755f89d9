import pytest
import torch
from tests.groundwire_lightning.cli.test_guard import Net, cli
from tests.groundwire_lightning.small import Lit, loader, quiet

import groundwire_lightning as L
from groundwire import CheckpointError


@pytest.fixture
def written(tmp_path):
    """A checkpoint that a command line wrote, of a module with a width and a layer."""
    made = cli("--model.width=3", "--model.layer=torch.nn.Tanh")
    made.trainer.fit(made.model)
    made.trainer.save_checkpoint(tmp_path / "a.ckpt")
    return tmp_path / "a.ckpt"


def test_plain_values_of_a_checkpoint_are_taken_over(written, monkeypatch):
    seen = []
    monkeypatch.setattr(L.Trainer, "fit", lambda trainer, model, **asked: seen.append(model))
    cli("fit", f"--ckpt_path={written}", "--model.layer=torch.nn.Tanh", run=True)
    assert (seen[0].width, type(seen[0].layer)) == (3, torch.nn.Tanh)
    with pytest.raises(CheckpointError, match=r"says layer \(torch\.nn.*Tanh\).*--model\.layer=.*--weights_only=false"):
        cli("fit", f"--ckpt_path={written}", run=True)
    cli("fit", f"--ckpt_path={written}", "--weights_only=false", run=True)
    assert isinstance(seen[1].layer, torch.nn.Tanh)


def test_a_checkpoint_of_a_command_line_is_loaded_with_what_it_does_not_name(written):
    with pytest.raises(CheckpointError, match=r"needs layer \(torch\.nn.*Tanh\)"):
        Net.load_from_checkpoint(written)
    assert Net.load_from_checkpoint(written, layer=torch.nn.ReLU()).width == 3
    assert isinstance(Net.load_from_checkpoint(written, weights_only=False).layer, torch.nn.Tanh)


def test_an_unsafe_checkpoint_is_named_by_the_command_line_in_our_words(tmp_path):
    trainer = quiet()
    trainer.fit(module := Lit(), loader())
    module.hparams["act"] = torch.nn.Tanh()
    with pytest.warns(UserWarning, match="hyper_parameters.act"):
        trainer.save_checkpoint(tmp_path / "a.ckpt")
    with pytest.raises(CheckpointError, match=r"says act \(torch\.nn\.modules\.activation\.Tanh\)"):
        cli("fit", f"--ckpt_path={tmp_path / 'a.ckpt'}", run=True)
