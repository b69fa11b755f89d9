"""Enumerations of Lightning whose members equal the words they stand for."""

from __future__ import annotations

from enum import Enum


class LightningEnum(str, Enum):
    """A word that equals the same word written as a string, and that of another enumeration."""

    def __eq__(self, other: object) -> bool:
        said = other.value if isinstance(other, Enum) else other
        return isinstance(said, str) and self.value.lower() == said.lower()

    def __hash__(self) -> int:
        return hash(self.value.lower())


class GradClipAlgorithmType(LightningEnum):
    """How gradients are clipped: each element by itself, or all of them together by their norm."""

    VALUE = "value"
    NORM = "norm"

    @staticmethod
    def supported_type(val: str) -> bool:
        """True for a word of these."""
        return val in GradClipAlgorithmType.supported_types()

    @staticmethod
    def supported_types() -> list[str]:
        """The words."""
        return [word.value for word in GradClipAlgorithmType]
