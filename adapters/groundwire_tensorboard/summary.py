"""torch's ``SummaryWriter``, over event files that do not end a run when they cannot be written."""

from __future__ import annotations

from typing import Any

from tensorboard.compat.proto.event_pb2 import Event, SessionLog
from torch.utils.tensorboard import FileWriter, SummaryWriter

from groundwire_tensorboard.events import EventFiles


class PatientFileWriter(FileWriter):
    """A ``FileWriter`` over :class:`EventFiles`.

    Args:
        log_dir: The directory.
        max_queue: As of ``SummaryWriter``.
        flush_secs: Likewise.
        filename_suffix: Likewise.
    """

    def __init__(self, log_dir: str, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str = "") -> None:
        self.event_writer = EventFiles(str(log_dir), max_queue, flush_secs, filename_suffix)


class PatientSummaryWriter(SummaryWriter):
    """A ``SummaryWriter`` whose files are :class:`EventFiles`; the arguments are the same."""

    file_writer: Any  # torch sets them to None first, and says no more of them
    all_writers: Any

    def add_scalars(self, main_tag: str, tag_scalar_dict: Any, *args: Any, **kwargs: Any) -> None:
        """Write one chart of several curves, each in a directory of its own below the others."""
        root = self._get_file_writer().get_logdir()
        for tag in tag_scalar_dict:
            folder = f"{root}/{main_tag.replace('/', '_')}_{tag}"
            if folder not in self.all_writers:
                self.all_writers[folder] = self._over(folder)
        super().add_scalars(main_tag, tag_scalar_dict, *args, **kwargs)

    def _over(self, folder: str) -> PatientFileWriter:
        return PatientFileWriter(folder, self.max_queue, self.flush_secs, self.filename_suffix)

    def _get_file_writer(self) -> Any:
        """The file in use; torch makes it here as well, and hides what an earlier run wrote from a step on."""
        if self.all_writers is None or self.file_writer is None:
            self.file_writer = self._over(self.log_dir)
            self.all_writers = {self.file_writer.get_logdir(): self.file_writer}
            if self.purge_step is not None:
                self.file_writer.add_event(Event(file_version="brain.Event:2"), self.purge_step)
                start = SessionLog(status=SessionLog.START)
                self.file_writer.add_event(Event(session_log=start), self.purge_step)
                self.purge_step = None
        return self.file_writer
