import pytest

from groundwire_lightning import NotSupportedYetError, loggers


@pytest.mark.parametrize(
    ("name", "service"), [("CometLogger", "Comet"), ("LitLogger", "lightning.ai"), ("NeptuneLogger", "Neptune")]
)
@pytest.mark.parametrize("arguments", [{}, {"project": "x", "api_key": None}])
def test_a_logger_that_is_not_here_names_its_service_and_what_to_use(name, service, arguments):
    with pytest.raises(NotSupportedYetError) as refusal:
        getattr(loggers, name)(**arguments)
    message = str(refusal.value)
    assert message.startswith(f"{name} writes to {service}, which is not supported yet")
    assert message.endswith(f"call {service}'s own package")


def test_each_logger_that_is_named_instead_is_there():
    with pytest.raises(NotSupportedYetError) as refusal:
        loggers.CometLogger()
    words = str(refusal.value).partition("Instead: ")[2].replace(",", "").split()
    instead = [word for word in words if word.endswith("Logger")]
    assert instead == ["WandbLogger", "MLFlowLogger", "TensorBoardLogger", "CSVLogger", "Logger"]
    assert all(issubclass(getattr(loggers, name), loggers.Logger) for name in instead)


def test_a_subclass_of_ones_own_is_refused_by_its_own_name():
    with pytest.raises(NotSupportedYetError, match="Mine writes to Neptune"):
        type("Mine", (loggers.NeptuneLogger,), {})("positional")
