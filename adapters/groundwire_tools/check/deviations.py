"""Where code runs here as under Lightning and something is otherwise on purpose: a row each, pure data."""

from __future__ import annotations

from typing import NamedTuple


class Deviation(NamedTuple):
    """Something that is otherwise on purpose.

    Attributes:
        what: About what, in some words.
        lightning: What Lightning 2.6 does.
        here: What happens here.
        why: The reason.
        instead: What to do where Lightning's way is wanted, or where the difference matters.
        uses: The calls that it is about: ``Class.method``, ``Class.method(argument=)``, or all classes of a module.
    """

    what: str
    lightning: str
    here: str
    why: str
    instead: str
    uses: tuple[str, ...] = ()


DEVIATIONS = (
    Deviation(
        "a logger that fails",
        "its error ends the run",
        "the first error is a warning and the run goes on; rows wait while a disk is full or a server is away, and "
        "those that were never taken are counted",
        "hours of training are worth more than a row of a log",
        "raise from a callback of your own where a run is worth nothing without its log",
        ("groundwire_lightning.loggers",),
    ),
    Deviation(
        "the mean over an epoch of what is logged with `sync_dist=True`",
        "is divided by the average number of samples a process, rounded down",
        "is divided by the number of samples",
        "rounded, it is no mean where processes have different numbers of samples",
        "nothing; where all processes have as many samples the numbers are equal",
        ("LightningModule.log(sync_dist=)", "LightningModule.log_dict(sync_dist=)"),
    ),
    Deviation(
        "names that only some processes log with `sync_dist=True`",
        "processes wait for each other, or exchange values of different names",
        "`DisagreementError` in all of them, with the names",
        "a run that waits says nothing, and mixed values look right",
        "log in every process, or without `sync_dist=True`",
    ),
    Deviation(
        "a checkpoint that holds objects of your code",
        "is not loaded, unless `weights_only=False` lets it run what it names; from a server it runs that by default",
        "weights and plain values are loaded, and an object is a stand-in whose use is an error",
        "whoever wrote the file would run code on your machine",
        "pass the object as an argument of `load_from_checkpoint`, or `weights_only=False` if you trust the file",
        ("LightningModule.load_from_checkpoint", "LightningDataModule.load_from_checkpoint"),
    ),
    Deviation(
        "`hparams_file=` whose tags name something of Python",
        "the names are looked up",
        "it is refused, unless `weights_only=False` is passed",
        "a file of values is no program",
        "write plain values, or pass `weights_only=False`",
        ("LightningModule.load_from_checkpoint(hparams_file=)",),
    ),
    Deviation(
        "a checkpoint that is damaged",
        "a changed bit in a tensor is loaded; other damage raises whatever torch raises",
        "`CheckpointError` with the name of the file, before anything is given to the model",
        "wrong weights look like weights",
        "catch `CheckpointError`",
    ),
    Deviation(
        "an argument of a command line that is typed `Any`, `Callable` or not at all",
        "takes the path of any class, imports it and calls it",
        "takes classes that the program has imported already",
        "a type is what a class of a configuration is held against",
        "annotate the argument, or import the class in the program",
    ),
)
"""All that are known, beside the findings ``GW2xx``."""
