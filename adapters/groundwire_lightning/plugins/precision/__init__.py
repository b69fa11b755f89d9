"""How a step computes: ``Trainer(precision=...)`` says it; what Lightning has beyond that is a gap."""

from groundwire_lightning.gaps import missing
from groundwire_lightning.plugins.precision.precision import Precision

__all__ = [
    "BitsandbytesPrecision",
    "DeepSpeedPrecision",
    "DoublePrecision",
    "FSDPPrecision",
    "HalfPrecision",
    "MixedPrecision",
    "Precision",
    "TransformerEnginePrecision",
    "XLAPrecision",
]

_ARGUMENT = "Trainer(precision=...)"
DoublePrecision = missing("DoublePrecision", __name__, f"{_ARGUMENT} with '64-true'", Precision)
HalfPrecision = missing("HalfPrecision", __name__, f"{_ARGUMENT} with 'bf16-true' or '16-true'", Precision)
MixedPrecision = missing("MixedPrecision", __name__, f"{_ARGUMENT} with 'bf16-mixed' or '16-mixed'", Precision)
BitsandbytesPrecision = missing("BitsandbytesPrecision", __name__, "bitsandbytes' layers in configure_model", Precision)
TransformerEnginePrecision = missing("TransformerEnginePrecision", __name__, "its layers in configure_model", Precision)
DeepSpeedPrecision = missing("DeepSpeedPrecision", __name__, "Accelerate's DeepSpeedPlugin", Precision)
FSDPPrecision = missing("FSDPPrecision", __name__, "Accelerate's FullyShardedDataParallelPlugin", Precision)
XLAPrecision = missing("XLAPrecision", __name__, "a native groundwire.Trainer on the TPU", Precision)
