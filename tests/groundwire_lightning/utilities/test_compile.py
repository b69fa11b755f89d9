import pytest
from torch import nn

from groundwire_lightning.utilities.compile import from_compiled, to_uncompiled


class Compiled(nn.Module):
    """As what ``torch.compile`` returns, without the seconds that its import takes."""

    def __init__(self, model):
        super().__init__()
        self._orig_mod = model


def test_what_was_compiled_is_found_again():
    model = nn.Linear(1, 1)
    compiled = Compiled(model)
    assert to_uncompiled(compiled) is model
    assert from_compiled(compiled) is compiled


def test_what_was_never_compiled_is_refused():
    with pytest.raises(ValueError, match="got Linear"):
        to_uncompiled(nn.Linear(1, 1))
