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
        max_queue: Events that wait for TensorBoard's thread, at a URL.
        flush_secs: Seconds between two flushes, at a URL.
        filename_suffix: The ending of each file's name.
    """

    def __init__(self, log_dir: str, max_queue: int = 10, flush_secs: float = 120, filename_suffix: str = "") -> None:
        # Without super().__init__, which would open TensorBoard's own event file.
        self.event_writer = EventFiles(str(log_dir), max_queue, flush_secs, filename_suffix)


class PatientSummaryWriter(SummaryWriter):
    """A ``SummaryWriter`` whose files are :class:`EventFiles`; the arguments are the same."""

    file_writer: Any  # torch first sets both to None and declares no type
    all_writers: Any

    def add_scalars(self, main_tag: str, tag_scalar_dict: Any, *args: Any, **kwargs: Any) -> None:
        """Write one chart of several curves, each in a directory of its own below the others."""
        root = self._get_file_writer().get_logdir()
        # The writers are put where torch looks for them, or it would make its own.
        for tag in tag_scalar_dict:
            folder = f"{root}/{main_tag.replace('/', '_')}_{tag}"
            if folder not in self.all_writers:
                self.all_writers[folder] = self._new_file_writer(folder)
        super().add_scalars(main_tag, tag_scalar_dict, *args, **kwargs)

    def _new_file_writer(self, folder: str) -> PatientFileWriter:
        return PatientFileWriter(folder, self.max_queue, self.flush_secs, self.filename_suffix)

    def _get_file_writer(self) -> Any:
        """The file in use, made here as by torch; ``purge_step`` hides later steps of an earlier run."""
        if self.all_writers is None or self.file_writer is None:
            self.file_writer = self._new_file_writer(self.log_dir)
            self.all_writers = {self.file_writer.get_logdir(): self.file_writer}
            if self.purge_step is not None:
                self.file_writer.add_event(Event(file_version="brain.Event:2"), self.purge_step)
                start = SessionLog(status=SessionLog.START)
                self.file_writer.add_event(Event(session_log=start), self.purge_step)
                self.purge_step = None
        return self.file_writer
