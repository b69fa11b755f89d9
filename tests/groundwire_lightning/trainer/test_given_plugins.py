import pytest

import groundwire_lightning as L
from groundwire_lightning import MisconfigurationException, NotSupportedYetError, plugins
from groundwire_lightning.strategies.environments import LightningEnvironment
from groundwire_lightning.trainer.given_plugins import plugged


class MyFiles(plugins.TorchCheckpointIO):
    """Files of one's own."""


HALF, FILES, ALONE = plugins.HalfPrecision("bf16-true"), MyFiles(), LightningEnvironment()


def come_to(given, precision=None):
    """The arguments that plugins come to, beside themselves."""
    arguments = plugged({"plugins": given, "precision": precision})
    return {name: value for name, value in arguments.items() if name != "plugins" and value is not None}


@pytest.mark.parametrize(
    ("given", "arguments"),
    [
        (None, {}),
        ([], {}),
        (HALF, {"precision": HALF}),
        ([FILES, HALF], {"checkpoint_io": FILES, "precision": HALF}),
        (plugins.TorchSyncBatchNorm(), {"sync_batchnorm": True}),
        (ALONE, {"cluster_environment": ALONE}),
    ],
)
def test_a_plugin_is_an_argument_by_another_name(given, arguments):
    assert come_to(given) == arguments


def test_two_of_a_kind_are_refused():
    with pytest.raises(MisconfigurationException, match="two of the kind Precision"):
        come_to([HALF, plugins.MixedPrecision("bf16-mixed", "cpu")])


def test_a_precision_is_said_once():
    with pytest.raises(ValueError, match="precision='16-mixed' and plugins=HalfPrecision"):
        come_to(HALF, precision="16-mixed")


@pytest.mark.parametrize("given", [L.Callback(), "ddp", 3])
def test_what_is_no_plugin_is_refused_with_those_that_there_are(given):
    with pytest.raises(MisconfigurationException, match="none of Precision, CheckpointIO, Cluster"):
        come_to(given)


def test_a_way_to_share_layers_of_ones_own_is_refused():
    mine = type("Mine", (plugins.LayerSync,), {})()
    with pytest.raises(NotSupportedYetError, match="change the layers in configure_model"):
        come_to(mine)
