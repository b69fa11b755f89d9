"""The written methods that go over batches without training: validation, test and prediction."""

from __future__ import annotations

from typing import Any

from groundwire_tools.eject.writing.draft import Writing
from groundwire_tools.eject.writing.lines import function, over_batches, spliced

PREFIX = {"validation": "val", "test": "test", "predict": "predict"}


def validation(writing: Writing) -> list[Any]:
    """The method that validates, within training and by itself.

    Args:
        writing: The program.
    """
    limits = writing.checks_sanity or writing.setting("limit_val_batches") != 1.0
    limit = ", limit: int | None = None" if limits else ""
    loader = "islice(loader, limit)" if limits else "loader"
    loader = f"looking_ahead({loader})" if writing.facts.validates and writing.facts.val_batches is None else loader
    body = _passed(writing, "validation", loader, "torch.no_grad()")
    head = f"validation(self, model: LightningModule, loader: Any{limit}) -> None"
    return function(head, "Go over the validation batches, and leave the model in the modes that it has.", body)


def entry(writing: Writing, name: str) -> list[Any]:
    """The method of ``validate``, ``test`` or ``predict``.

    Args:
        writing: The program.
        name: The call.
    """
    taken = writing.rewritten.entries[name]
    kinds = {"model": "LightningModule", "ckpt_path": "str"}
    always = writing.rewritten.always[name]
    passed = ", ".join(
        f"{one}: {kinds.get(one, 'Any')}" if one in always else f"{one}: {kinds.get(one, 'Any')} | None = None"
        for one in sorted(taken, key=lambda one: one not in always)
    )
    passed = ", ".join(filter(None, ["self", passed]))
    phase = "validation" if name == "validate" else name
    context = "torch.inference_mode()" if writing.setting("inference_mode") else "torch.no_grad()"
    lines = spliced(
        "model = self.model" if "model" not in taken else None,
        writing.prepared(name),
        _loads(writing, name) if "ckpt_path" in taken else None,
        ["self.callback_metrics = {}"] if writing.logging.is_needed else None,
        f"loader = {_loader(writing, name, phase, taken)}",
    )
    if name == "validate":
        limits = writing.setting("limit_val_batches") != 1.0
        limit = f", {limit_of(writing, 'limit_val_batches', 'loader')}" if limits else ""
        lines += [f"with {context}:", [f"self.validation(model, loader{limit})"]]
    else:
        limit = f"limit_{PREFIX[phase]}_batches"
        batches = "loader"
        if writing.setting(limit) != 1.0:
            batches = f"islice(loader, {limit_of(writing, limit, 'loader')})"
        lines += _passed(writing, phase, batches, context)
    lines += writing.torn_down(name)
    if name == "predict":
        return function(
            f"predict({passed}) -> list[Any]", "Ask the model about each batch.", [*lines, "return predictions"]
        )
    results = "[{name: value.item() for name, value in self.callback_metrics.items()}]" if writing.reduces else "[{}]"
    docstring = "Go over the batches once, and return what was logged."
    return function(f"{name}({passed}) -> list[dict[str, float]]", docstring, [*lines, f"return {results}"])


def _loads(writing: Writing, name: str) -> list[Any]:
    lines = ['model.load_state_dict(torch.load(ckpt_path)["state_dict"])']
    return lines if "ckpt_path" in writing.rewritten.always[name] else ["if ckpt_path is not None:", lines]


def _loader(writing: Writing, name: str, phase: str, taken: tuple[str, ...]) -> str:
    if "dataloaders" in taken:
        return "dataloaders"
    method = f"{PREFIX[phase]}_dataloader"
    return f"datamodule.{method}()" if "datamodule" in taken else f"model.{method}()"


def limit_of(writing: Writing, name: str, loader: str) -> str:
    """Batches of a loader under a limit, as an expression."""
    limit = writing.setting(name)
    if limit == 1.0 and not isinstance(limit, int):
        return "None"
    return repr(limit) if isinstance(limit, int) else f"int(len({loader}) * {limit!r})"


def _passed(writing: Writing, phase: str, loader: str, context: str) -> list[Any]:
    """A pass over the batches of a phase, with the hooks around it."""
    logs, is_prediction = writing.logs(of_training=False) and phase != "predict", phase == "predict"
    keeps_sums = phase == "validation" and logs and writing.logs(of_training=True)
    starts = spliced(writing.told(f"on_{phase}_start"), writing.told(f"on_{phase}_epoch_start"))
    ends = spliced(
        writing.reduced() if logs else None,
        writing.told(f"on_{phase}_epoch_end"),
        writing.reduced(is_last=False) if logs and f"on_{phase}_epoch_end" in writing.logging.hooks else None,
        writing.told(f"on_{phase}_end"),
    )
    return spliced(
        ["modes = {part: part.training for part in model.modules()}"] if writing.keeps_modes else None,
        _begin_sums(writing, keeps_sums) if logs else None,
        ["self.in_training_batch = False"] if writing.logging.decides and writing.logging.is_needed else None,
        ["predictions = []"] if is_prediction else None,
        ["model.eval()"],
        [
            f"with {context}:",
            spliced(
                [f"batches = iter({loader})"] if starts else None,
                starts,
                over_batches(
                    f"({writing.fetched}, _)" if loader.startswith("looking_ahead(") else writing.fetched,
                    "batches" if starts else loader,
                    spliced(writing.moved(), writing.sized() if logs else None, _step(writing, phase)),
                ),
                ends,
            ),
        ],
        _reset(writing) if logs else None,
        ["for part, mode in modes.items():", ["part.training = mode"]] if writing.keeps_modes else ["model.train()"],
        ["self.sums = sums"] if keeps_sums else None,
        ["self.metrics = metrics"] if keeps_sums and writing.facts.has_metrics else None,
    )


def _begin_sums(writing: Writing, keeps: bool) -> list[Any]:
    names = ["sums", "metrics"] if writing.facts.has_metrics else ["sums"]
    return [f"{name}, self.{name} = self.{name}, {{}}" if keeps else f"self.{name} = {{}}" for name in names]


def _step(writing: Writing, phase: str) -> list[Any]:
    step = f"{phase}_step"
    call = f"model.{step}(batch{writing.index(step)})"
    if phase == "predict" and step not in writing.facts.module:
        call = "model(batch)"
    ends = writing.told(f"on_{phase}_batch_end", "output", "batch", "batch_idx")
    begins = writing.told(f"on_{phase}_batch_start", "batch", "batch_idx")
    if phase == "predict":
        return spliced(begins, writing.in_step(f"output = {call}"), ends, "predictions.append(output)")
    return spliced(begins, writing.in_step(f"output = {call}" if ends else call), ends)


def _reset(writing: Writing) -> list[Any]:
    if not writing.facts.has_metrics:
        return []
    return ["for metric in self.metrics.values():", ["metric.reset()"]]
