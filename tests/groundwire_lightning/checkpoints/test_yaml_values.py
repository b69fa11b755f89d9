import pytest
from tests.groundwire_lightning.checkpoints.test_safety import whole
from tests.groundwire_lightning.small import Lit

from groundwire import CheckpointError
from groundwire_lightning.core.saving import load_hparams_from_yaml, read_hyper_parameters

# hyper-parameters in files of their own


def written(tmp_path, text):
    (tmp_path / "hparams.yaml").write_text(text)
    return tmp_path / "hparams.yaml"


def test_plain_values_of_python_are_read_from_yaml(tmp_path):
    text = "a: !!python/tuple [1, 2]\nb: !!python/complex 1j\nc: &x {d: 1}\ne: *x\nf: !!python/none\n"
    assert read_hyper_parameters(written(tmp_path, text)) == {
        "a": (1, 2),
        "b": 1j,
        "c": {"d": 1},
        "e": {"d": 1},
        "f": None,
    }
    assert read_hyper_parameters(written(tmp_path, "")) == {}


NAMING = [
    "name:os.system ''",
    "object/apply:os.system [x]",
    "module:trap ''",
    "object:enum.Enum {}",
    "object/new:a.B []",
]


@pytest.mark.parametrize("tag", NAMING)
def test_a_name_in_yaml_is_refused(tag, tmp_path):
    path = written(tmp_path, f"a: 1\nact: !!python/{tag}\n")
    for read_it in (read_hyper_parameters, load_hparams_from_yaml):
        with pytest.raises(CheckpointError, match=rf"names {tag.split()[0]} in line 2"):
            read_it(path)


def laughs(merged):
    lines = ["a0: &a0 {x: 1, y: 1}"]
    for level in range(40):
        value = f"{{<<: [*a{level}, *a{level}]}}" if merged else f"[*a{level}, *a{level}]"
        lines.append(f"a{level + 1}: &a{level + 1} {value}")
    return "\n".join(lines)


EXHAUSTING_YAML = {
    "aliases": laughs(merged=False),
    "merged aliases": laughs(merged=True),
    "deep nesting": "a: " + "[" * 5000 + "]" * 5000,
    "itself": "a: &a [*a]",
    "no YAML": "a: [",
    "no dictionary": "- a",
}


@pytest.mark.parametrize("what", EXHAUSTING_YAML)
def test_yaml_that_would_exhaust_its_reader_ends_in_an_error(what, tmp_path):
    with pytest.raises(CheckpointError, match=r"hparams\.yaml"):
        read_hyper_parameters(written(tmp_path, EXHAUSTING_YAML[what]))


def test_a_file_of_hyperparameters_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"hparams_file='.*no\.yaml': there is no such file"):
        Lit.load_from_checkpoint(whole(tmp_path), hparams_file=tmp_path / "no.yaml")


def test_a_table_of_hyperparameters_is_read_or_refused(tmp_path):
    (tmp_path / "a.csv").write_text("key,value\na,1\nb,__import__('os').system('x')\n")
    assert read_hyper_parameters(tmp_path / "a.csv") == {"a": 1, "b": "__import__('os').system('x')"}
    (tmp_path / "a.csv").write_text("key,value\na\n")
    with pytest.raises(CheckpointError, match=r"a\.csv"):
        read_hyper_parameters(tmp_path / "a.csv")
