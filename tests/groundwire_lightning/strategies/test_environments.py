import pytest

from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.strategies import environments
from groundwire_lightning.strategies.environments import SLURMEnvironment, TorchElasticEnvironment


@pytest.mark.parametrize(
    ("environment", "variables", "detected"),
    [
        (TorchElasticEnvironment, {}, False),
        (TorchElasticEnvironment, {"TORCHELASTIC_RUN_ID": "1"}, True),
        (SLURMEnvironment, {}, False),
        (SLURMEnvironment, {"SLURM_NTASKS": "1"}, True),
        (SLURMEnvironment, {"SLURM_NTASKS": "1", "SLURM_JOB_NAME": "train"}, True),
        (SLURMEnvironment, {"SLURM_NTASKS": "1", "SLURM_JOB_NAME": "bash"}, False),
    ],
)
def test_who_started_the_processes_is_told_by_the_environment(environment, variables, detected, monkeypatch):
    for name in ("TORCHELASTIC_RUN_ID", "SLURM_NTASKS", "SLURM_JOB_NAME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert environment.detect() is detected


@pytest.mark.parametrize("name", ["KubeflowEnvironment", "LSFEnvironment", "MPIEnvironment"])
def test_a_launcher_that_is_not_known_says_which_to_take(name):
    with pytest.raises(NotSupportedYetError, match="torchrun"):
        getattr(environments, name)()
