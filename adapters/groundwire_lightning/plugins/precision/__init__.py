"""How a step computes: ``Trainer(precision=...)`` says it; what Lightning has beyond that is a gap."""

from groundwire_lightning.errors import missing
from groundwire_lightning.strategies.precision import DoublePrecision, HalfPrecision, MixedPrecision, Precision

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

BitsandbytesPrecision = missing("BitsandbytesPrecision", __name__, "bitsandbytes' layers in configure_model", Precision)
TransformerEnginePrecision = missing("TransformerEnginePrecision", __name__, "its layers in configure_model", Precision)
DeepSpeedPrecision = missing("DeepSpeedPrecision", __name__, "Accelerate's DeepSpeedPlugin", Precision)
FSDPPrecision = missing("FSDPPrecision", __name__, "Accelerate's FullyShardedDataParallelPlugin", Precision)
XLAPrecision = missing("XLAPrecision", __name__, "a native groundwire.Trainer on the TPU", Precision)
