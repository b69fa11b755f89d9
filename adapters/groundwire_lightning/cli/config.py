"""The traces of a command line: its configuration in a file, and the module's arguments in a checkpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from groundwire_lightning.cli.parser import LightningArgumentParser
from groundwire_lightning.core.callback import Callback
from groundwire_lightning.core.hparams import given_hyper_parameters

if TYPE_CHECKING:
    import jsonargparse

    from groundwire_lightning.core.running import Running

OWN_DEFAULTS: dict[str, tuple[Any, ...]] = {"numerics": ("parity",), "hp_metrics": ((), [], False)}
"""Arguments that Lightning does not have, to the values with which we do what Lightning does."""
INSTANTIATOR = "lightning.pytorch.cli.instantiate_module"
"""The name that checkpoints give to :func:`instantiate_module`: that of Lightning, which it trusts."""


class SaveConfigCallback(Callback):
    """Writes the configuration into the folder of the run's logger when the run begins.

    Args:
        parser: The parser that read the configuration.
        config: The configuration.
        config_filename: Name of the file.
        overwrite: Replace a file of an earlier run.
        multifile: Write several files, where the configuration was read from several.
        save_to_log_dir: Write the file; where this is False :meth:`save_config` alone is called.

    Raises:
        ValueError: ``save_to_log_dir`` is False and :meth:`save_config` is not overridden.
    """

    def __init__(
        self,
        parser: LightningArgumentParser,
        config: jsonargparse.Namespace,
        config_filename: str = "config.yaml",
        overwrite: bool = False,
        multifile: bool = False,
        save_to_log_dir: bool = True,
    ) -> None:
        self.parser = parser
        self.config = config
        self.config_filename = config_filename
        self.overwrite = overwrite
        self.multifile = multifile
        self.save_to_log_dir = save_to_log_dir
        self.already_saved = False
        if not save_to_log_dir and type(self).save_config is SaveConfigCallback.save_config:
            raise ValueError(
                f"{type(self).__name__}(save_to_log_dir=False) would save nothing: override save_config in a subclass"
            )

    def setup(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Save the configuration, once for several runs of a trainer.

        Raises:
            RuntimeError: A file of an earlier run is in the folder.
        """
        if self.already_saved:
            return
        if self.save_to_log_dir:
            folder = trainer.log_dir
            assert folder is not None  # the first logger has one
            self._save_to(Path(folder), trainer)
        if trainer.is_global_zero:
            self.save_config(trainer, pl_module, stage)
            self.already_saved = True
        # All processes learn that it is saved, so that none of them waits for a broadcast in the next run.
        self.already_saved = trainer.strategy.broadcast(self.already_saved)

    def _save_to(self, folder: Path, trainer: Running) -> None:
        path = folder / self.config_filename
        if not self.overwrite and trainer.strategy.broadcast(trainer.is_global_zero and path.is_file()):
            raise RuntimeError(
                f"{type(self).__name__}: {path} is there, from an earlier run. Delete it, or pass "
                'save_config_kwargs={"overwrite": True} to LightningCLI, or save_config_callback=None for no file'
            )
        if trainer.is_global_zero:
            folder.mkdir(parents=True, exist_ok=True)
            portable = without_own_defaults(self.config.clone())
            self.parser.save(portable, str(path), skip_none=False, overwrite=self.overwrite, multifile=self.multifile)

    def save_config(self, trainer: Running, pl_module: Any, stage: str) -> None:
        """Save the configuration elsewhere; called in the first process alone.

        Args:
            trainer: The trainer.
            pl_module: The module.
            stage: ``"fit"``, ``"validate"``, ``"test"`` or ``"predict"``.
        """


def without_own_defaults(config: Any) -> Any:
    """Delete our own arguments from a configuration where they have their defaults, so that Lightning reads it too.

    Args:
        config: A namespace, a dictionary or a list of these; changed in place.

    Returns:
        The configuration.
    """
    entries = vars(config) if hasattr(config, "__dict__") else config
    if isinstance(entries, dict):
        for name in [name for name, values in OWN_DEFAULTS.items() if name in entries and entries[name] in values]:
            del entries[name]
    for value in entries.values() if isinstance(entries, dict) else entries if isinstance(entries, list) else ():
        if isinstance(value, (dict, list)) or type(value) is type(config):
            without_own_defaults(value)
    return config


class Instantiator:
    """Makes the module or the data module, and hands its ``save_hyperparameters`` the configuration.

    Args:
        cli: The command line.
        key: ``"model"`` or ``"data"``.
    """

    def __init__(self, cli: Any, key: str) -> None:
        self.cli = cli
        self.key = key

    def __call__(self, class_type: Any, *args: Any, applied_instantiation_links: dict[str, Any], **kwargs: Any) -> Any:
        """Make an instance; its ``save_hyperparameters`` stores the configuration, not the objects made from it.

        Args:
            class_type: Its class.
            *args: Its arguments.
            applied_instantiation_links: Dotted key to the value that a link of the parser has put there.
            **kwargs: Its keyword arguments.
        """
        self.cli._dump_config()
        hparams = self.cli.config_dump.get(self.key, {})
        if "class_path" in hparams:
            own = {**hparams.get("init_args", {}), **hparams.get("dict_kwargs", {})}
            hparams = {"_class_path": hparams["class_path"], **own}
        # The configuration was dumped before the links were followed, so their values are missing in it.
        for name, value in applied_instantiation_links.items():
            if name.startswith(f"{self.key}."):
                *outer, last = name.removeprefix(f"{self.key}.").removeprefix("init_args.").split(".")
                place = hparams
                for part in outer:
                    place = place[part]
                place[last] = value
        with given_hyper_parameters({**hparams, "_instantiator": INSTANTIATOR}):
            return class_type(*args, **kwargs)


def instantiate_module(class_type: Any, config: dict[str, Any]) -> Any:
    """Make the module that a command line's checkpoint describes.

    Args:
        class_type: The class of the module, or a base of it.
        config: The hyper-parameters of the checkpoint, with ``_class_path`` where the command line took subclasses.
    """
    parser = LightningArgumentParser(exit_on_error=False)
    if "_class_path" in config:
        parser.add_subclass_arguments(class_type, "module", fail_untyped=False)
        own = {name: value for name, value in config.items() if name != "_class_path"}
        config = {"class_path": config["_class_path"], "dict_kwargs": own}
    else:
        parser.add_class_arguments(class_type, "module", fail_untyped=False)
    return parser.instantiate_classes(parser.parse_object({"module": config})).module
