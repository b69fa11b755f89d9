import pytest

from groundwire_lightning import NotSupportedYetError
from groundwire_lightning.strategies.environments import SLURMEnvironment


def test_a_slurm_job_is_not_queued_again():
    with pytest.raises(NotSupportedYetError, match="auto_requeue=False"):
        SLURMEnvironment()
