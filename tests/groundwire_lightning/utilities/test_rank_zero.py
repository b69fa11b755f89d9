import runpy
import warnings

import lightning.fabric.utilities.rank_zero as theirs
import pytest

from groundwire_lightning.errors import PossibleUserWarning
from groundwire_lightning.utilities import rank_zero as ours

VARIABLES = ("RANK", "LOCAL_RANK", "SLURM_PROCID", "JSM_NAMESPACE_RANK")


def shown(*modules):
    """The warnings that are shown, of one about a possible mistake and one about another in each module."""
    kinds = (PossibleUserWarning, UserWarning)
    with warnings.catch_warnings(record=True) as record:
        for module in modules:
            for kind in kinds:
                warnings.warn_explicit(module, kind, "file.py", 1, module, {})
    return [(str(entry.message), entry.category) for entry in record]


@pytest.mark.parametrize(
    ("arguments", "hidden"), [((), {"mine", "theirs.loaders"}), ((r"theirs\.",), {"theirs.loaders"})]
)
def test_warnings_about_what_may_be_meant_are_hidden_and_no_others(arguments, hidden):
    modules = ("mine", "theirs.loaders")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        before = shown(*modules)
        ours.disable_possible_user_warnings(*arguments)
        after = shown(*modules)
    assert len(before) == 4
    assert [entry for entry in before if entry not in after] == [
        (name, PossibleUserWarning) for name in modules if name in hidden
    ]


@pytest.mark.parametrize(
    ("environment", "rank"),
    [
        ({}, 0),
        *(({name: "3"}, 3) for name in VARIABLES),
        ({"LOCAL_RANK": "1", "RANK": "5"}, 5),
        ({"SLURM_PROCID": "2", "LOCAL_RANK": "0"}, 0),
    ],
)
def test_the_rank_is_what_the_launcher_says_as_in_lightning(environment, rank, monkeypatch):
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(ours.rank_zero_only, "rank", None)
    runpy.run_path(ours.__file__)
    assert ours.rank_zero_only.rank == rank == (theirs._get_rank() or 0)


def test_a_rank_that_is_known_is_not_read_again(monkeypatch):
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setattr(ours.rank_zero_only, "rank", 1)
    runpy.run_path(ours.__file__)
    assert ours.rank_zero_only.rank == 1


@pytest.mark.parametrize(("rank", "answer"), [(0, "ran"), (1, None)])
def test_a_function_of_the_first_process_runs_in_no_other(rank, answer, monkeypatch):
    monkeypatch.setattr(ours.rank_zero_only, "rank", rank)
    assert ours.rank_zero_only(lambda: "ran")() == answer
