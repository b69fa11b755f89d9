import warnings
from pathlib import Path

import lightning.pytorch.loggers
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams.metadata import EXPERIMENT_TAG, SESSION_START_INFO_TAG
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

import groundwire_lightning.loggers

SIDES = {"lightning": lightning.pytorch.loggers, "groundwire": groundwire_lightning.loggers}


def both(tmp_path, write):
    """What one function writes with the loggers of either side: name of each file to its contents."""
    found = {}
    for side, loggers in SIDES.items():
        place = tmp_path / side
        place.mkdir()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            write(loggers, place)
        found[side] = {str(path.relative_to(place)): path for path in sorted(place.rglob("*")) if path.is_file()}
    return found["lightning"], found["groundwire"]


def without_times(files):
    return sorted({str(Path(name).parent / "events") if "tfevents" in name else name for name in files})


def events(place):
    """Tag to step and value of everything that was logged, and hyper-parameters as TensorBoard finds them."""
    read = EventAccumulator(str(place), size_guidance={"scalars": 0}).Reload()
    scalars = {
        tag: [(event.step, event.value if event.value == event.value else "nan") for event in read.Scalars(tag)]
        for tag in read.Tags()["scalars"]
    }
    summaries = read.SummaryMetadata
    about = {}
    for tag in (EXPERIMENT_TAG, SESSION_START_INFO_TAG):
        try:
            content = HParamsPluginData.FromString(summaries(tag).plugin_data.content)
        except KeyError:
            continue
        about[tag] = "\n".join(line for line in str(content).splitlines() if "_secs" not in line)
    return scalars, about


def same_files(theirs, ours):
    assert without_times(theirs) == without_times(ours)
    for name in ours:
        if "tfevents" not in name:
            assert ours[name].read_bytes() == theirs[name].read_bytes(), name
