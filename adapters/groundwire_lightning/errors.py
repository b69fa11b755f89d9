"""What the adapter refuses with."""

from __future__ import annotations

from groundwire import GroundwireError


class MisconfigurationException(GroundwireError, ValueError):  # noqa: N818  # Lightning's name, which user code catches
    """Arguments, a module and data that do not go together; Lightning refuses them too."""


class NotSupportedYetError(GroundwireError, NotImplementedError):
    """Something of Lightning that has no counterpart here yet; the message says what to do instead."""


class NoModuleError(TypeError, MisconfigurationException):
    """A model that is no LightningModule and has not its methods; a TypeError in Lightning."""


class NoLoaderError(TypeError, MisconfigurationException):
    """What should have given batches is None, or cannot be iterated over; a TypeError in Lightning."""


class SIGTERMException(SystemExit):  # Lightning's name
    """Lightning raises it where a SIGTERM came; nothing here does, for a signal ends the process."""


class PossibleUserWarning(UserWarning):
    """A warning of something that may be meant."""


class LightningDeprecationWarning(DeprecationWarning):
    """A warning of something that will go."""


class TunerExit(BaseException):  # it is a signal: a tuner has what it wanted
    """The run in which a tuner was asked something does not go on; it ends without an error."""
