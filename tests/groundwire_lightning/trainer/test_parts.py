import pytest

from groundwire_lightning.trainer.parts import PartOf, asked_of


class Counting(PartOf["Whole"]):
    """Counts for the whole."""

    @property
    def twice(self) -> int:
        """Double of the number."""
        return 2 * self.trainer.number


class Whole:
    """What a part belongs to."""

    doubled = asked_of("_counting", Counting.twice)

    def __init__(self, number: int) -> None:
        self.number = number
        self._counting = Counting(self)


def test_a_part_answers_from_its_own_whole() -> None:
    one, other = Whole(2), Whole(5)
    assert (one.doubled, other.doubled) == (4, 10)
    one.number = 3
    assert (one.doubled, other.doubled) == (6, 10)


def test_the_part_of_this_moment_is_asked() -> None:
    whole = Whole(2)
    whole._counting = Counting(Whole(7))
    assert whole.doubled == 14


def test_what_a_part_works_out_is_not_set() -> None:
    whole = Whole(2)
    with pytest.raises(AttributeError, match="no setter"):
        whole.doubled = 3
    assert whole.doubled == 4


def test_a_name_has_the_words_of_the_question() -> None:
    assert Whole.doubled.__doc__ == "Double of the number."


def test_a_subclass_of_the_part_answers_in_its_own_way() -> None:
    class Tripling(Counting):
        @property
        def twice(self) -> int:
            return 3 * self.trainer.number

    whole = Whole(2)
    whole._counting = Tripling(whole)
    assert whole.doubled == 6
