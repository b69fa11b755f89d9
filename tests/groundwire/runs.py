"""Small runs for tests: data, a network, and Trainers and callbacks that write down what happens."""

import math

import torch
from torch import nn
from torch.utils.data import TensorDataset

from groundwire import HOOKS, StopTrainingError, Trainer, TrainerCallback

DOCUMENTED = [name for name, hook in HOOKS.items() if not hook.added and not hook.is_event]
IN_ORDER = {"shuffle": False}


def recording(trainer_class, methods):
    """A subclass that writes down each of ``methods`` as it is called, and then does what the class does."""

    def recorded(name):
        def method(self, *args):
            vars(self).setdefault("seen", []).append(name)
            return getattr(super(made, self), name)(*args)

        return method

    made = type("Recording", (trainer_class,), {name: recorded(name) for name in methods})
    return made


def listener(*events):
    """A callback that writes down each event on the Trainer."""

    def heard(name):
        def event(self, trainer, **kwargs):
            vars(trainer).setdefault("seen", []).append(name)

        return event

    chosen = events or [name for name, hook in HOOKS.items() if hook.is_event]
    return type("Listener", (TrainerCallback,), {name: heard(name) for name in chosen})()


def data(samples, seed=1):
    generator = torch.Generator().manual_seed(seed)
    inputs = torch.randn(samples, 3, generator=generator)
    return TensorDataset(inputs, inputs.sum(dim=1, keepdim=True))


def network():
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def trainer_for(model=None, kind=Trainer, callbacks=(), lr=0.1, **kwargs):
    model = network() if model is None else model
    return kind(model, nn.MSELoss(), torch.optim.SGD(model.parameters(), lr=lr), callbacks=callbacks, **kwargs)


def weights(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def equal(some, others):
    return all(torch.equal(one, other) for one, other in zip(some, others, strict=True))


def step_lr(optimizer):
    return torch.optim.lr_scheduler.StepLR(optimizer, step_size=1, gamma=0.5)


class Stops(TrainerCallback):
    """Stops the run at the nth occurrence of an event."""

    def __init__(self, event, occurrence=1):
        self.left = occurrence
        setattr(self, event, self.heard)

    def heard(self, trainer, **kwargs):
        self.left -= 1
        if self.left == 0:
            raise StopTrainingError("enough")


def by_hand(model, loader, epochs, size=1, clip=None, scheduler=None, evaluated=None, lr=0.1, limit=math.inf):
    """The loop that one would write without any framework."""
    optimizer = torch.optim.SGD(model.parameters(), lr=lr)
    scheduler = scheduler(optimizer) if scheduler else None
    updates = 0
    for _ in range(epochs):
        model.train()
        batches = list(loader)
        for start in range(0, len(batches), size):
            if updates == limit:
                break
            window = batches[start : start + size]
            for inputs, targets in window:
                loss = nn.functional.mse_loss(model(inputs), targets)
                (loss / len(window) if len(window) > 1 else loss).backward()
            if clip:
                clip(model.parameters())
            optimizer.step()
            if scheduler:
                scheduler.step()
            optimizer.zero_grad()
            updates += 1
        if evaluated is not None:
            model.eval()
            with torch.no_grad():
                for inputs, _ in evaluated:
                    model(inputs)
    return weights(model)
