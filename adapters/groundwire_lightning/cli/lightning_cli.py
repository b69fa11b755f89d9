"""A command line for a project: subcommands, configuration files and class paths, from its signatures."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from pathlib import Path
from types import MethodType
from typing import Any

from torch.optim import Optimizer

import groundwire_lightning.callbacks
import groundwire_lightning.loggers  # noqa: F401  # a class may be given by its name alone, which is then to be known
from groundwire.errors import rank_zero_warn
from groundwire_lightning.checkpoints.reading import read
from groundwire_lightning.cli.config import Instantiator, SaveConfigCallback, instantiate_module
from groundwire_lightning.cli.files import ModelArguments, in_memory, taken_over
from groundwire_lightning.cli.parser import (
    ArgsType,
    LightningArgumentParser,
    LRSchedulerCallable,
    LRSchedulerType,
    LRSchedulerTypeTuple,
    LRSchedulerTypeUnion,
    OptimizerCallable,
    ReduceLROnPlateau,
    argparsing,
    instantiate_class,
    with_class_path,
)
from groundwire_lightning.core.datamodule import LightningDataModule
from groundwire_lightning.core.module import LightningModule
from groundwire_lightning.errors import MisconfigurationException
from groundwire_lightning.guests import is_overridden
from groundwire_lightning.lightning_1.command_line import OF_COMMAND_LINES
from groundwire_lightning.lightning_1.older_arguments import takes_older
from groundwire_lightning.trainer.trainer import Trainer
from groundwire_lightning.utilities.seed import seed_everything

__all__ = [
    "ArgsType",
    "LRSchedulerCallable",
    "LRSchedulerType",
    "LRSchedulerTypeTuple",
    "LRSchedulerTypeUnion",
    "LightningArgumentParser",
    "LightningCLI",
    "OptimizerCallable",
    "ReduceLROnPlateau",
    "SaveConfigCallback",
    "instantiate_class",
    "instantiate_module",
]

DATA_ARGUMENTS = {"model", "dataloaders", "datamodule"}
"""Arguments of an entry point that the command line makes itself."""


class LightningCLI:
    """Reads a command line, makes module, data module and trainer, and runs the subcommand that it names.

    Args:
        model_class: The module's class, or a function that makes it; None takes any, by ``--model``.
        datamodule_class: The data module's class, or a function that makes it; None takes any, by ``--data``.
        save_config_callback: The callback that writes the configuration; None writes none.
        save_config_kwargs: Arguments of this callback.
        trainer_class: The Trainer's class, or a function that makes it.
        trainer_defaults: Defaults of the Trainer's arguments; callbacks among them are always added.
        seed_everything_default: The seed; True draws one, False sets none.
        parser_kwargs: Arguments of the parser, or of each subcommand's parser by its name.
        parser_class: The parser's class.
        subclass_mode_model: Take any subclass of ``model_class``, by ``--model``.
        subclass_mode_data: Take any subclass of ``datamodule_class``, by ``--data``.
        args: The command line, as a list, or the configuration; by default ``sys.argv``.
        run: Add subcommands, and run the one that the command line names.
        auto_configure_optimizers: Take ``--optimizer`` and ``--lr_scheduler``, and write ``configure_optimizers``.
        load_from_checkpoint_support: Let ``save_hyperparameters`` keep the configuration.
    """

    @takes_older(**OF_COMMAND_LINES)
    def __init__(
        self,
        model_class: type[LightningModule] | Callable[..., LightningModule] | None = None,
        datamodule_class: type[LightningDataModule] | Callable[..., LightningDataModule] | None = None,
        save_config_callback: type[SaveConfigCallback] | None = SaveConfigCallback,
        save_config_kwargs: dict[str, Any] | None = None,
        trainer_class: type[Trainer] | Callable[..., Trainer] = Trainer,
        trainer_defaults: dict[str, Any] | None = None,
        seed_everything_default: bool | int = True,
        parser_kwargs: dict[str, Any] | None = None,
        parser_class: type[LightningArgumentParser] = LightningArgumentParser,
        subclass_mode_model: bool = False,
        subclass_mode_data: bool = False,
        args: ArgsType = None,
        run: bool = True,
        auto_configure_optimizers: bool = True,
        load_from_checkpoint_support: bool = True,
    ) -> None:
        self.save_config_callback = save_config_callback
        self.save_config_kwargs = save_config_kwargs or {}
        self.trainer_class = trainer_class
        self.trainer_defaults = trainer_defaults or {}
        self.seed_everything_default = seed_everything_default
        self.parser_kwargs = parser_kwargs or {}
        self.parser_class = parser_class
        self.auto_configure_optimizers = auto_configure_optimizers
        self.model_class = model_class
        self._model_class = model_class or LightningModule
        self.subclass_mode_model = model_class is None or subclass_mode_model
        self.datamodule_class = datamodule_class
        self._datamodule_class = datamodule_class or LightningDataModule
        self.subclass_mode_data = datamodule_class is None or subclass_mode_data
        self.config: Any
        self.config_init: Any
        self.model: Any
        self.datamodule: Any
        self.trainer: Any
        self.parser: LightningArgumentParser
        self._subcommand_parsers: dict[str, LightningArgumentParser] = {}
        self._subcommand_method_arguments: dict[str, list[str]] = {}

        of_subcommands = {name: self.parser_kwargs[name] for name in self.subcommands() if name in self.parser_kwargs}
        of_main = {name: value for name, value in self.parser_kwargs.items() if name not in of_subcommands}
        self.setup_parser(run, of_main, of_subcommands)
        self.parse_arguments(self.parser, args)
        self._parse_ckpt_path()
        self.subcommand: str | None = self.config["subcommand"] if run else None
        self._set_seed()
        if load_from_checkpoint_support:
            self._add_instantiators()
        self.before_instantiate_classes()
        self.instantiate_classes()
        self.after_instantiate_classes()
        if self.subcommand is not None:
            self._run_subcommand(self.subcommand)

    # the parser

    def init_parser(self, **kwargs: Any) -> LightningArgumentParser:
        """Make a parser.

        Args:
            **kwargs: Its arguments.
        """
        import groundwire

        kwargs.setdefault("dump_header", [f"groundwire=={groundwire.__version__}"])
        parser = self.parser_class(**kwargs)
        about = "Path to a configuration file in json or yaml format."
        parser.add_argument("-c", "--config", action=argparsing.ActionConfigFile, help=about)
        return parser

    def setup_parser(
        self, add_subcommands: bool, main_kwargs: dict[str, Any], subparser_kwargs: dict[str, dict[str, Any]]
    ) -> None:
        """Make the parser, and those of the subcommands.

        Args:
            add_subcommands: Have subcommands.
            main_kwargs: Arguments of the parser.
            subparser_kwargs: Arguments of each subcommand's parser.
        """
        self.parser = self.init_parser(**main_kwargs)
        if add_subcommands:
            self._add_subcommands(self.parser, **subparser_kwargs)
        else:
            self._add_arguments(self.parser)

    @staticmethod
    def subcommands() -> dict[str, set[str]]:
        """The subcommands, methods of the Trainer, to their arguments that the command line makes itself."""
        fits = {"model", "train_dataloaders", "val_dataloaders", "datamodule"}
        return {"fit": fits, **{name: set(DATA_ARGUMENTS) for name in ("validate", "test", "predict")}}

    def _add_subcommands(self, parser: LightningArgumentParser, **kwargs: Any) -> None:
        factory = self.trainer_class
        trainer_class = factory if isinstance(factory, type) else argparsing.class_from_function(factory)
        added = parser.add_subcommands()
        for name in self.subcommands():
            about = (inspect.getdoc(getattr(trainer_class, name)) or "").partition("\n")[0]
            options = {"description": about, **kwargs.get(name, {})}
            self._subcommand_parsers[name] = self._prepare_subcommand_parser(trainer_class, name, **options)
            added.add_subcommand(name, self._subcommand_parsers[name], help=about)

    def _prepare_subcommand_parser(self, klass: type, subcommand: str, **kwargs: Any) -> LightningArgumentParser:
        parser = self.init_parser(**kwargs)
        self._add_arguments(parser)
        skip: set[str | int] = set(self.subcommands()[subcommand])
        self._subcommand_method_arguments[subcommand] = parser.add_method_arguments(klass, subcommand, skip=skip)
        return parser

    def _add_arguments(self, parser: LightningArgumentParser) -> None:
        self.add_default_arguments_to_parser(parser)
        self.add_core_arguments_to_parser(parser)
        self.add_arguments_to_parser(parser)
        if self.auto_configure_optimizers:  # what the project added itself stays
            if not parser._optimizers:
                parser.add_optimizer_args((Optimizer,))
            if not parser._lr_schedulers:
                parser.add_lr_scheduler_args(LRSchedulerTypeTuple)
        self.link_optimizers_and_lr_schedulers(parser)

    def add_default_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the arguments that every command line has.

        Args:
            parser: The parser.
        """
        about = "Set to an int to run seed_everything with this value before classes instantiation. True draws one."
        parser.add_argument("--seed_everything", type=bool | int, default=self.seed_everything_default, help=about)

    def add_core_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Add the arguments of trainer, module and data module.

        Args:
            parser: The parser.
        """
        parser.add_lightning_class_args(self.trainer_class, "trainer")
        defaults = {f"trainer.{name}": value for name, value in self.trainer_defaults.items() if name != "callbacks"}
        parser.set_defaults(defaults)
        parser.add_lightning_class_args(self._model_class, "model", subclass_mode=self.subclass_mode_model)
        required = self.datamodule_class is not None  # else the module may have loaders of its own
        parser.add_lightning_class_args(
            self._datamodule_class, "data", subclass_mode=self.subclass_mode_data, required=required
        )

    def add_arguments_to_parser(self, parser: LightningArgumentParser) -> None:
        """Override to add arguments, or to link some.

        Args:
            parser: The parser.
        """

    @staticmethod
    def link_optimizers_and_lr_schedulers(parser: LightningArgumentParser) -> None:
        """Link optimizers and schedulers that were added with ``link_to``.

        Args:
            parser: The parser.
        """
        parser._link_late()

    def _parser(self, subcommand: str | None) -> LightningArgumentParser:
        return self.parser if subcommand is None else self._subcommand_parsers[subcommand]

    # the configuration

    def parse_arguments(self, parser: LightningArgumentParser, args: ArgsType) -> None:
        """Read the command line into ``self.config``.

        Args:
            parser: The parser.
            args: The argument of the constructor.
        """
        if args is not None and len(sys.argv) > 1:
            rank_zero_warn(f"LightningCLI(args=...) is used; the command line {sys.argv[1:]} is not read")
        self.config = (
            parser.parse_object(args) if isinstance(args, (dict, argparsing.Namespace)) else parser.parse_args(args)
        )

    def _parse_ckpt_path(self) -> None:
        """Take over the module's arguments from the checkpoint that the run begins with."""
        subcommand = self.config.get("subcommand")
        path = self.config[subcommand].get("ckpt_path") if subcommand else None
        if not path or not Path(path).is_file():
            return
        trusted = self.config[subcommand].get("weights_only") is False
        hparams = read(path, weights_only=False if trusted else None).get("hyper_parameters", {})
        if not isinstance(hparams, dict):
            return  # a configuration object, which is passed to the module whole
        hparams = {name: value for name, value in hparams.items() if name != "_instantiator"}
        if not trusted:
            hparams = taken_over(hparams, self._model_arguments(), path)
        if not hparams:
            return
        if "_class_path" in hparams:
            # dict_kwargs, since the class may take arguments that its signature does not show.
            hparams = {"class_path": hparams.pop("_class_path"), "dict_kwargs": hparams}
        try:
            self.config = self.parser.parse_object({subcommand: {"model": hparams}}, self.config)
        except SystemExit:
            sys.stderr.write(f"The hyper-parameters in {path} do not fit the module\n")
            raise

    def _model_arguments(self) -> ModelArguments:
        """The arguments of the command line itself for the module."""
        config = self._dumped_config().get("model") or {}
        path = config.get("class_path")
        cls = self._model_class if path is None else in_memory(path)
        arguments = config if path is None else {**config.get("init_args", {}), **config.get("dict_kwargs", {})}
        return ModelArguments(path, cls if isinstance(cls, type) else None, arguments)

    def _set_seed(self) -> None:
        seed = self._get(self.config, "seed_everything")
        if seed is False:
            return
        used = seed_everything(None if seed is True else seed, workers=True)
        place = self.config[self.subcommand] if self.subcommand else self.config
        place["seed_everything"] = used

    def _get(self, config: Any, key: str, default: Any = None) -> Any:
        """A value of a configuration, or of the part of it below the subcommand."""
        return config.get(str(self.subcommand), config).get(key, default)

    def _dump_config(self) -> None:
        if not hasattr(self, "config_dump"):
            self.config_dump: dict[str, Any] = self._dumped_config()

    def _dumped_config(self) -> dict[str, Any]:
        """The configuration as plain values, without the level of the subcommand."""
        import yaml

        text = self.parser.dump(self.config, skip_link_targets=False, skip_none=False, format="yaml")
        values: dict[str, Any] = yaml.safe_load(text)
        return values[self.config.subcommand] if "subcommand" in self.config else values

    # module, data module and trainer

    def _add_instantiators(self) -> None:
        for key, factory, subclasses in (
            ("model", self._model_class, self.subclass_mode_model),
            ("data", self._datamodule_class, self.subclass_mode_data),
        ):
            cls = factory if isinstance(factory, type) else inspect.signature(factory, eval_str=True).return_annotation
            self.parser.add_instantiator(Instantiator(self, key), cls, subclasses=subclasses)

    def before_instantiate_classes(self) -> None:
        """Override to do something before the classes are made."""

    def instantiate_classes(self) -> None:
        """Make module, data module and trainer."""
        self.config_init = self.parser.instantiate_classes(self.config)
        self.datamodule = self._get(self.config_init, "data")
        self.model = self._get(self.config_init, "model")
        self._add_configure_optimizers_method_to_model(self.subcommand)
        self.trainer = self.instantiate_trainer()

    def after_instantiate_classes(self) -> None:
        """Override to do something after the classes were made."""

    def instantiate_trainer(self, **kwargs: Any) -> Any:
        """Make the trainer.

        Args:
            **kwargs: Arguments that replace those of the command line.
        """
        keys = self._parser(self.subcommand).callback_keys
        config = {**self._get(self.config_init, "trainer", default={}), **kwargs}
        return self._instantiate_trainer(config, [self._get(self.config_init, key) for key in keys])

    def _instantiate_trainer(self, config: dict[str, Any], callbacks: list[Any]) -> Any:
        if "callbacks" in config:
            defaults = self.trainer_defaults.get("callbacks", [])
            config["callbacks"] = [*_as_list(config["callbacks"]), *callbacks, *_as_list(defaults)]
            if self.save_config_callback and not config.get("fast_dev_run", False):
                parser, own = self._parser(self.subcommand), self.config.get(str(self.subcommand), self.config)
                config["callbacks"].append(self.save_config_callback(parser, own, **self.save_config_kwargs))
        else:
            rank_zero_warn(
                f"{self.trainer_class.__qualname__} takes no callbacks, so there are none of this command line"
            )
        return self.trainer_class(**config)

    @staticmethod
    def configure_optimizers(lightning_module: Any, optimizer: Any, lr_scheduler: Any = None) -> Any:
        """Return what the module's ``configure_optimizers`` is to return; override it to return something else.

        Args:
            lightning_module: The module.
            optimizer: The optimizer of the command line.
            lr_scheduler: The scheduler of the optimizer.
        """
        if lr_scheduler is None:
            return optimizer
        if isinstance(lr_scheduler, ReduceLROnPlateau):
            config = {"scheduler": lr_scheduler, "monitor": lr_scheduler.monitor}
            return {"optimizer": optimizer, "lr_scheduler": config}
        return [optimizer], [lr_scheduler]

    def _add_configure_optimizers_method_to_model(self, subcommand: str | None) -> None:
        """Write the module's ``configure_optimizers`` where the command line names an optimizer."""
        parser = self._parser(subcommand)
        optimizers, schedulers = _automatic(parser._optimizers), _automatic(parser._lr_schedulers)
        if not self.auto_configure_optimizers or not optimizers:
            return
        if len(optimizers) > 1 or len(schedulers) > 1:
            raise MisconfigurationException(
                f"{type(self).__name__}: configure_optimizers is written for one optimizer and one scheduler, "
                f"and there are {[*optimizers, *schedulers]}; pass link_to= to add_optimizer_args and write it yourself"
            )
        optimizer_init = self._late_entry(optimizers[0], parser._optimizers)
        if not optimizer_init:
            return
        if is_overridden("configure_optimizers", self.model):
            replaced = f"{type(self.model).__name__}.configure_optimizers"
            rank_zero_warn(f"{replaced} is replaced by that of {type(self).__name__}")
        optimizer = instantiate_class(self.model.parameters(), optimizer_init)
        scheduler_init = self._late_entry(schedulers[0], parser._lr_schedulers) if schedulers else None
        scheduler = instantiate_class(optimizer, scheduler_init) if scheduler_init else None

        def configure_optimizers(module: Any) -> Any:
            return self.configure_optimizers(module, optimizer=optimizer, lr_scheduler=scheduler)

        self.model.configure_optimizers = MethodType(configure_optimizers, self.model)

    def _late_entry(self, key: str, added: dict[str, tuple[Any, str]]) -> Any:
        """The configuration of an optimizer or scheduler, with its class; it is made later, from parameters."""
        entry = self._get(self.config_init, key)
        return entry if isinstance(added[key][0], tuple) else with_class_path(added[key][0], entry)

    # the run

    def _run_subcommand(self, subcommand: str) -> None:
        for name in (f"before_{subcommand}", subcommand, f"after_{subcommand}"):
            if name == subcommand:
                run = getattr(self, subcommand, getattr(self.trainer, subcommand))
                run(**self._prepare_subcommand_kwargs(subcommand))
            elif callable(hook := getattr(self, name, None)):
                hook()

    def _prepare_subcommand_kwargs(self, subcommand: str) -> dict[str, Any]:
        names = self._subcommand_method_arguments[subcommand]
        arguments = {name: value for name, value in self.config_init[subcommand].items() if name in names}
        arguments["model"] = self.model
        return arguments if self.datamodule is None else arguments | {"datamodule": self.datamodule}


def _automatic(added: dict[str, tuple[Any, str]]) -> list[str]:
    return [key for key, (_, link_to) in added.items() if link_to == "AUTOMATIC"]


def _as_list(value: Any) -> list[Any]:
    if value is None:
        return []
    return list(value) if isinstance(value, list) else [value]
