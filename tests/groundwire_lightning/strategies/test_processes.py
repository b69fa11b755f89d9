from types import SimpleNamespace

import pytest
import torch

from groundwire_lightning.strategies.processes import (
    prepared_once,
    processes_agree,
    value_of_first_process,
    wait_for_processes,
)


def among(size, votes=0.0):
    """One of several processes, of which ``votes`` of the others agree with it."""
    waited = []
    accelerator = SimpleNamespace(
        num_processes=size,
        reduce=lambda vote, reduction: vote + votes,
        wait_for_everyone=lambda: waited.append(1),
    )
    return SimpleNamespace(device=torch.device("cpu"), _accelerator=accelerator, waited=waited)


def test_one_process_decides_for_itself_and_waits_for_nobody():
    alone = among(1)
    assert processes_agree(alone, 3) is True
    assert value_of_first_process(alone, alone) is alone
    wait_for_processes(alone)
    assert alone.waited == []


@pytest.mark.parametrize(
    ("decision", "others", "needs_all", "outcome"),
    [(True, 1, True, True), (True, 0, True, False), (False, 1, False, True), (False, 0, False, False)],
)
def test_several_processes_decide_together(decision, others, needs_all, outcome):
    assert processes_agree(among(2, others), decision, all=needs_all) is outcome


@pytest.mark.parametrize("is_local_main", [True, False])
@pytest.mark.parametrize("is_main", [True, False])
@pytest.mark.parametrize("per_node", [True, False])
def test_data_is_prepared_once_a_machine_or_once_in_all(per_node, is_main, is_local_main):
    calls = []
    accelerator = SimpleNamespace(
        num_processes=4,
        is_main_process=is_main,
        is_local_main_process=is_local_main,
        wait_for_everyone=lambda: calls.append("waited"),
    )
    prepared_once(accelerator, SimpleNamespace(prepare_data_per_node=per_node), lambda: calls.append("prepared"))()
    assert calls == [*(["prepared"] if (is_local_main if per_node else is_main) else []), "waited"]


def test_alone_it_is_the_method_itself():
    assert prepared_once(SimpleNamespace(num_processes=1), object(), print) is print
