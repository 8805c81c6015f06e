"""New objects are looked at after some work, and not while nothing is done."""

import gc

import pytest

from papertape.server.aio.tidying import OFTEN, THRESHOLDS, Tidying


class Process:
    """The work of a process, and the looks of its collector."""

    def __init__(self) -> None:
        self.spent = 0
        self.looks: list[int] = []
        self.tidying = Tidying(worked=lambda: self.spent, collect=self.collect)

    def collect(self, generation: int) -> int:
        self.looks.append(generation)
        self.spent += 3 * OFTEN  # a look is no work that makes objects
        return 0

    def work(self, spent: int) -> None:
        self.spent += spent
        self.tidying.worked()


def test_what_is_new_is_looked_at_after_so_much_work() -> None:
    process = Process()
    for _ in range(4):
        process.work(OFTEN // 2)
    assert process.looks == [1, 1]
    process.work(0)
    assert process.looks == [1, 1]


@pytest.mark.long
def test_the_collector_looks_by_itself_hardly_ever_and_again_as_before_in_the_end() -> None:
    before, tidying = gc.get_threshold(), Tidying()
    try:
        tidying.begin()
        assert gc.get_threshold() == THRESHOLDS and gc.get_freeze_count() > 1000
    finally:
        tidying.end()
        gc.unfreeze()
    assert gc.get_threshold() == before
