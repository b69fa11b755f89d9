import importlib
import inspect
import pickle
import pkgutil
import subprocess
import sys
import types
import typing
from importlib.util import find_spec

import pytest
from tests.groundwire_lightning.test_paths import HOMES

import groundwire_lightning as L
from groundwire import listeners
from groundwire_lightning.utilities.finder import ROWS, answer


@pytest.mark.parametrize(
    ("asked", "near"),
    [
        ("groundwire_lightning.pytorch.calbacks", "groundwire_lightning.callbacks"),
        ("groundwire_lightning.model_checkpoint", "groundwire_lightning.callbacks.model_checkpoint"),
        ("groundwire_lightning.fabric.utilities.sed", "groundwire_lightning.fabric.utilities.seed"),
        ("groundwire_lightning.core.hook", "groundwire_lightning.core.hooks"),
    ],
)
def test_a_path_that_is_nowhere_is_an_import_error_that_names_a_near_one(asked, near):
    with pytest.raises(ModuleNotFoundError, match=rf"No module named '{asked}'\. Did you mean '{near}'\?$") as raised:
        importlib.import_module(asked)
    assert raised.value.name == asked
    assert find_spec(asked) is None


def test_a_path_like_no_other_is_an_import_error():
    with pytest.raises(ModuleNotFoundError, match=r"No module named 'groundwire_lightning\.pytorch\.nothing'$"):
        importlib.import_module("groundwire_lightning.pytorch.nothing")
    with pytest.raises(ImportError, match="cannot import name 'EarlyStop'"):
        from groundwire_lightning.callbacks import EarlyStop  # noqa: F401


def test_a_refused_path_says_why_and_what_to_use():
    told = r"lightning\.pytorch\.serve has no counterpart here: there is no server\. Instead: "
    with pytest.raises(ModuleNotFoundError, match=told):
        import groundwire_lightning.serve
    with pytest.raises(ModuleNotFoundError, match=told):
        from groundwire_lightning.pytorch import serve  # noqa: F401
    with pytest.raises(AttributeError, match="has no attribute 'serve': there is no server"):
        L.serve  # noqa: B018
    assert not hasattr(L, "serve")
    assert find_spec("groundwire_lightning.serve") is None
    with pytest.raises(ModuleNotFoundError, match=r"lightning\.fabric\.strategies has no counterpart here"):
        import groundwire_lightning.fabric.strategies.ddp  # noqa: F401


# the finder


WRITTEN, WHOLE = "groundwire_lightning.core.mixins", "groundwire_lightning.fabric.utilities.cloud_io"


@pytest.mark.parametrize("path", [WRITTEN, WHOLE])
def test_python_can_do_with_a_row_what_it_can_do_with_a_file(path):
    module = importlib.import_module(path)
    assert find_spec(path) is not None
    assert importlib.reload(module) is module is sys.modules[path]
    assert inspect.getsource(module).startswith('"""')
    star: dict[str, object] = {}
    exec(f"from {path} import *", star)  # noqa: S102  # no function may hold a star import
    assert star.keys() - {"__builtins__"} == set(module.__all__)
    for name in module.__all__:
        named = f"c{path}\n{name}\n.".encode()
        assert pickle.loads(named) is pickle.loads(pickle.dumps(star[name])) is getattr(module, name)


def test_hints_and_sources_of_classes_are_those_of_their_homes():
    hooks, states = L.core.hooks, L.trainer.states
    assert typing.get_type_hints(hooks.DataHooks.setup) == {"stage": str, "return": types.NoneType}
    assert typing.get_type_hints(states.TrainerState)["status"] is states.TrainerStatus
    assert inspect.getsource(hooks.ModelHooks).startswith("class ModelHooks")


def test_modules_of_a_row_are_attributes_of_it():
    from groundwire_lightning.trainer.connectors.logger_connector import result

    assert L.trainer.connectors.logger_connector.result is result
    assert L.pytorch.callbacks.callback is L.callbacks.callback
    assert L.fabric.utilities.seed.seed_everything is L.seed_everything
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        L.fabric.utilities.nothing  # noqa: B018


def test_a_name_that_is_tried_as_a_module_is_not_lacking(monkeypatch):
    told = []
    monkeypatch.setattr(listeners, "LACKING", [lambda kind, name, text: told.append(name)])
    for path in ("groundwire_lightning.pytorch.Trainer", "groundwire_lightning.pytorch.Nothing"):
        with pytest.raises(ModuleNotFoundError):
            importlib.import_module(path)  # as mock.patch does with each part of its target
    assert told == ["Nothing"]


def test_the_rows_below_a_row_are_listed():
    import groundwire_lightning.pytorch as root

    listed = {module.name for module in pkgutil.walk_packages(root.__path__, "groundwire_lightning.pytorch.")}
    rows = {"groundwire_" + path for path in HOMES if path.startswith("lightning.pytorch.")}
    assert rows <= listed
    importlib.invalidate_caches()
    assert {module.name for module in pkgutil.iter_modules(L.trainer.connectors.__path__)} >= {"data_connector"}


def test_answering_for_lightning_is_refused_where_it_is_in_use():
    with pytest.raises(ImportError, match=r"lightning is imported already: call answer\(\) before"):
        answer("lightning.pytorch")
    with pytest.raises(ValueError, match="there are"):
        answer("keras")
    assert {"groundwire_lightning"} == ROWS.roots


ANSWERED = """
import importlib, pickle, sys
from importlib.util import find_spec
import groundwire_lightning as L
from groundwire_lightning import guests, paths
from groundwire_lightning.utilities.finder import answer
answer("lightning.pytorch", "pytorch_lightning", "lightning", "lightning_fabric")
answer()

import lightning, lightning.pytorch.callbacks.callback, pytorch_lightning as pl, lightning_fabric
from lightning.pytorch import *
from lightning.fabric.utilities.types import _PATH
from pytorch_lightning.utilities.seed import isolate_rng
assert Trainer is pl.Trainer is lightning.Trainer is L.Trainer
assert lightning.pytorch.callbacks is pl.callbacks is L.callbacks and lightning.pytorch is pl
assert lightning.__version__ == pl.__version__ == L.__version__
assert pl.trainer.states.RunningStage is L.trainer.states.RunningStage
assert pickle.loads(b"cpytorch_lightning.callbacks.callback\\nCallback\\n.") is L.Callback

for path in (path for path, row in paths.TABLE.items() if not isinstance(row, paths.Gap)):
    modules = {importlib.import_module(spelling) for spelling in paths.spellings(path)}
    assert len(modules) == 1, path

assert find_spec("lightning.pytorch.serve") is find_spec("pytorch_lightning.nothing") is None
for asked, told in {"pytorch_lightning.lite": "accelerate", "lightning.callbacks": "lightning.pytorch.callbacks",
                    "lightning.data": "litdata", "lightning.pytorch.adapter": "No module named"}.items():
    try:
        importlib.import_module(asked)
    except ImportError as error:
        assert asked in str(error) and told in str(error), error
    else:
        raise AssertionError(asked)
import lightning.pytorch.callbacks.checkpoint_names as ours  # of ours alone: that very module, and no copy
assert ours is sys.modules["groundwire_lightning.callbacks.checkpoint_names"]
assert guests.real_classes("LightningModule") == ()
assert not [name for name, module in sys.modules.items()
            if "site-packages/lightning/" in (getattr(module, "__file__", None) or "")]
"""


def test_lightning_itself_is_answered_and_never_imported():
    ran = subprocess.run([sys.executable, "-c", ANSWERED], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
