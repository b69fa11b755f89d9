"""Metrics of numbers and images: torchmetrics' own under their old names and with the old arguments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
import torchmetrics
from torch import Tensor
from torch.nn.functional import conv2d, pad

from groundwire_lightning.lightning_1.metrics.metric import OldMetric
from groundwire_lightning.lightning_1.metrics.reduction import reduce


class _SameMetric(OldMetric):
    """A metric whose values are those of torchmetrics."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.tell("")


class MeanAbsoluteError(_SameMetric, torchmetrics.MeanAbsoluteError):
    """The mean of absolute differences."""


class MeanSquaredError(_SameMetric, torchmetrics.MeanSquaredError):
    """The mean of squared differences."""


class MeanSquaredLogError(_SameMetric, torchmetrics.MeanSquaredLogError):
    """The mean of squared differences of logarithms."""


class ExplainedVariance(_SameMetric, torchmetrics.ExplainedVariance):
    """The share of the variance that is explained.

    Args:
        multioutput: ``"uniform_average"``, ``"raw_values"`` or ``"variance_weighted"``.
        **kwargs: Arguments of every metric.
    """

    def __init__(self, multioutput: str = "uniform_average", **kwargs: Any) -> None:
        super().__init__(multioutput=multioutput, **kwargs)


class R2Score(_SameMetric, torchmetrics.R2Score):
    """The coefficient of determination.

    Args:
        num_outputs: Without effect: the inputs say it.
        adjusted: Independent regressors, for the adjusted score.
        multioutput: ``"uniform_average"``, ``"raw_values"`` or ``"variance_weighted"``.
        **kwargs: Arguments of every metric.
    """

    def __init__(
        self, num_outputs: int = 1, adjusted: int = 0, multioutput: str = "uniform_average", **kwargs: Any
    ) -> None:
        super().__init__(adjusted=adjusted, multioutput=multioutput, **kwargs)


class PSNR(OldMetric):
    """The ratio of the strongest signal to the noise, in decibels.

    Args:
        data_range: The range of the values; by default that of the targets so far, and zero.
        base: Of the logarithm.
        reduction: ``"elementwise_mean"``, ``"sum"`` or ``"none"``, where ``dim`` gives several values.
        dim: The dimensions that one value is computed of; by default all.
        **kwargs: Arguments of every metric.
    """

    now = "PeakSignalNoiseRatio"
    errors: list[Tensor]
    counts: list[Tensor]
    lowest: Tensor
    highest: Tensor

    def __init__(
        self,
        data_range: float | None = None,
        base: float = 10.0,
        reduction: str = "elementwise_mean",
        dim: int | Sequence[int] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if data_range is None and dim is not None:
            raise ValueError("PSNR(dim=...): which range have the values? pass data_range= too")
        self.data_range, self.base, self.reduction = data_range, base, reduction
        self.dim = dim if dim is None or isinstance(dim, int) else tuple(dim)
        self.add_state("errors", [], dist_reduce_fx="cat")
        self.add_state("counts", [], dist_reduce_fx="cat")
        self.add_state("lowest", torch.tensor(0.0), dist_reduce_fx="min")
        self.add_state("highest", torch.tensor(0.0), dist_reduce_fx="max")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add a batch."""
        self.tell(f"data_range={self.data_range or '...'}")
        squares = (preds - target) ** 2
        errors = squares.sum() if self.dim is None else squares.sum(dim=self.dim)
        self.errors.append(errors.reshape(-1))
        self.counts.append(torch.full_like(errors, squares.numel() / errors.numel()).reshape(-1))
        self.lowest, self.highest = torch.min(self.lowest, target.min()), torch.max(self.highest, target.max())

    def compute(self) -> Tensor:
        """The ratio so far."""
        errors, counts = torch.cat([*self.errors]), torch.cat([*self.counts])
        if self.dim is None:
            errors, counts = errors.sum(), counts.sum()
        span = self.highest - self.lowest if self.data_range is None else torch.tensor(float(self.data_range))
        ratio = 2 * torch.log(span) - torch.log(errors / counts)
        return reduce(ratio * (10 / torch.log(torch.tensor(self.base))), self.reduction)


class SSIM(OldMetric):
    """The structural similarity of images.

    Args:
        kernel_size: Of the window.
        sigma: The deviations of the window.
        reduction: ``"elementwise_mean"``, ``"sum"`` or ``"none"``.
        data_range: The range of the values; by default the larger one of predictions and targets.
        k1: A constant of the measure.
        k2: Another.
        **kwargs: Arguments of every metric.
    """

    now = "image.StructuralSimilarityIndexMeasure"
    preds: list[Tensor]
    target: list[Tensor]

    def __init__(
        self,
        kernel_size: Sequence[int] = (11, 11),
        sigma: Sequence[float] = (1.5, 1.5),
        reduction: str = "elementwise_mean",
        data_range: float | None = None,
        k1: float = 0.01,
        k2: float = 0.03,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.kernel_size, self.sigma, self.k1, self.k2 = kernel_size, sigma, k1, k2
        self.reduction, self.data_range = reduction, data_range
        self.add_state("preds", [], dist_reduce_fx="cat")
        self.add_state("target", [], dist_reduce_fx="cat")

    def update(self, preds: Tensor, target: Tensor) -> None:
        """Add a batch."""
        self.tell(f"data_range={self.data_range or '...'}")
        self.preds.append(preds)
        self.target.append(target)

    def compute(self) -> Tensor:
        """The similarity so far."""
        preds, target = torch.cat([*self.preds]), torch.cat([*self.target])
        span = self.data_range or max(preds.max() - preds.min(), target.max() - target.min())
        return reduce(self._of_points(preds, target, span), self.reduction)

    def _of_points(self, preds: Tensor, target: Tensor, span: Any) -> Tensor:
        """The similarity around each point whose window lies within the image."""
        small, large = (self.k1 * span) ** 2, (self.k2 * span) ** 2
        x, y = (_bell(size, width, preds) for size, width in zip(self.kernel_size, self.sigma, strict=True))
        kernel = (x[:, None] @ y[None]).expand(preds.shape[1], 1, *self.kernel_size)
        wide, high = ((size - 1) // 2 for size in self.kernel_size)
        preds, target = (pad(images, (wide, wide, high, high), mode="reflect") for images in (preds, target))
        every = torch.cat([preds, target, preds * preds, target * target, preds * target])
        means = conv2d(every, kernel, groups=preds.shape[1]).chunk(5)
        of_preds, of_target, both = means[0] ** 2, means[1] ** 2, means[0] * means[1]
        upper = (2 * both + small) * (2 * (means[4] - both) + large)
        lower = (of_preds + of_target + small) * ((means[2] - of_preds) + (means[3] - of_target) + large)
        similar: Tensor = (upper / lower)[..., high:-high, wide:-wide]
        return similar


def _bell(size: int, width: float, like: Tensor) -> Tensor:
    """The weights of a window along one dimension."""
    distance = torch.arange((1 - size) / 2, (1 + size) / 2, 1, dtype=like.dtype, device=like.device)
    weights = torch.exp(-((distance / width) ** 2) / 2)
    return weights / weights.sum()
