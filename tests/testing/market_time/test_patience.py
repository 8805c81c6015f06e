"""How long a gate waits for what the computer does anyway."""

from papertape.testing.market_time.patience import Patience


def test_a_stall_of_the_computer_counts_as_one_turn_of_the_loop() -> None:
    now = 5.0
    wait = Patience(lambda: now, 1)
    for _ in range(99):
        now += 3600  # suspended, or busy with others
        assert wait.lasts()
    now += 3600
    assert not wait.lasts()


def test_turns_count_what_they_took() -> None:
    now = 5.0
    wait = Patience(lambda: now, 1)
    turns = 0
    while wait.lasts():
        now += 0.004
        turns += 1
    assert 250 <= turns <= 251
