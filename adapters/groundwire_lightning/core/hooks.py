"""Where Lightning has the hooks of a module."""

from groundwire_lightning.module_hooks import DataHooks
from groundwire_lightning.module_hooks import ModuleHooks as ModelHooks

__all__ = ["DataHooks", "ModelHooks"]
