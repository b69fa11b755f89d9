"""Enumerations of Lightning whose members equal the words they stand for."""

from __future__ import annotations

from enum import Enum


class LightningEnum(str, Enum):
    """A member that equals its word as a string, and that of another enumeration, whatever the case."""

    def __eq__(self, other: object) -> bool:
        word = other.value if isinstance(other, Enum) else other
        return isinstance(word, str) and self.value.lower() == word.lower()

    def __hash__(self) -> int:
        return hash(self.value.lower())


class GradClipAlgorithmType(LightningEnum):
    """The ways to clip gradients: each element by its value, or all of them together by their norm."""

    VALUE = "value"
    NORM = "norm"

    @staticmethod
    def supported_type(val: str) -> bool:
        """True for the word of a member."""
        return val in GradClipAlgorithmType.supported_types()

    @staticmethod
    def supported_types() -> list[str]:
        """The words of all members."""
        return [word.value for word in GradClipAlgorithmType]
