"""Small modules and data for trying things out, under the names that tests import from Lightning."""

from typing import TYPE_CHECKING

from groundwire_lightning.utilities.lazily import modules_of

if not TYPE_CHECKING:
    __getattr__ = modules_of(__name__)
