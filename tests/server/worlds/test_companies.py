"""What companies do in a world: dividends, splits, mergers, spin-offs, new symbols."""

import pytest

from papertape.errors import WorldError
from papertape.server.worlds.founding import check_world
from papertape.venue.commands import RenameShares
from papertape.wire.catalogue import account
from papertape.worlds.reading import read_world
from server.worlds.test_player import Play
from walks import walk

AAPL = 265598
HOLDS = "account DU1234567 cash 1,000 USD holds 40 AAPL @ 100 fees none\n"
QUOTES = "quote AAPL 100 x 100\nquote MSFT 400 x 400\n"


def failed(play: Play) -> list[str]:
    return [str(one) for one in play.end() if not one.passed]


def test_a_dividend_is_paid_to_whoever_holds_the_share_or_to_one_account() -> None:
    play = Play(
        HOLDS
        + "account DU2 cash 0 USD holds -10 AAPL @ 100\n"
        + QUOTES
        + "+5s dividend AAPL 0.25\n"
        "+6s expect cash account DU1234567 1,010 USD\n+6s expect cash account DU2 -2.50 USD\n"
        "+7s dividend AAPL 1 account DU2\nat end cash account DU2 -12.50 USD\n"
        "at end cash account DU1234567 1,010 USD\n"
    )
    play.hall.wait(10)
    assert failed(play) == []


def test_a_split_changes_what_is_held_and_pays_the_fraction() -> None:
    play = Play(
        HOLDS + QUOTES + "+1s split AAPL 1:16\n"
        "at end position AAPL 2; cash 1,800 USD\n"  # and half a new share of 1,600
    )
    play.hall.wait(2)
    assert failed(play) == []


def test_a_merger_ends_a_share_which_expectations_still_know() -> None:
    play = Play(
        HOLDS + QUOTES + "+5s merger AAPL 1:4 MSFT 2.50\n"
        "at end no position AAPL; position MSFT 10; cash 1,100 USD\n"
    )
    play.hall.wait(10)
    assert failed(play) == []


def test_a_spin_off_gives_shares_besides() -> None:
    play = Play(
        HOLDS + QUOTES + "spin-off AAPL 1:4 MSFT cost 12.5%\n"
        "at end position AAPL 40; position MSFT 10\n"
    )
    play.hall.wait(1)
    assert failed(play) == []
    held = play.hall.station.venue.state.accounts["DU1234567"].positions
    assert held[AAPL].cost == 3_500 * 10**6


def test_a_share_goes_by_every_symbol_that_the_world_gives_it() -> None:
    """Those to come as well: expectations are taken at the beginning."""
    text = (
        HOLDS + QUOTES + "+5s rename AAPL to APLX\n+6s quote APLX 110 x 111\n"
        "+8s quote AAPL 120 x 121\n+9s rename APLX to APLY\n"
        "at end position APLX 40; position AAPL 40; position APLY 40\n"
    )
    assert check_world(read_world(text)) == []
    play = Play(text)
    client = play.client
    client.send(account.ReqPositions())
    client.got()
    play.hall.wait(5.5)
    assert [row.contract.symbol for row in client.of(account.Position)] == ["APLX"]
    play.hall.wait(1)
    assert play.hall.station.venue.quote(AAPL, play.hall.now).bid == 110 * 10_000
    play.hall.wait(2)
    assert play.hall.station.venue.quote(AAPL, play.hall.now).bid == 120 * 10_000
    assert failed(play) == []


def test_the_symbol_of_now_goes_before_one_of_the_past() -> None:
    play = Play("quote AAPL 100 x 100\nquote MSFT 400 x 400\nrename AAPL to APLX")
    play.hall.station.carry_out(RenameShares(272093, "AAPL"))  # by another way than the world
    assert play.player.runner.instrument("AAPL").conId == 272093
    assert play.player.runner.instrument("APLX").conId == AAPL


def test_a_new_symbol_may_come_with_an_order() -> None:
    text = "quote AAPL 100 x 100\non order BUY AAPL\n  rename AAPL to APLX\nat end no position APLX"
    assert check_world(read_world(text)) == []
    play = Play(text)
    assert play.player.runner.instrument("APLX").conId == AAPL


REFUSED = {
    "dividend EUR.USD 1": "only shares have dividends",
    "dividend AAPL 1 account DU9": "no account 'DU9'",
    "dividend AAPL 0.1234567": "finer than 1/1000000",
    "merger AAPL 1:2 AAPL": "another company",
    "merger AAPL 1000001": "up to a million",
    "spin-off AAPL 1:2 MSFT cost 0.0000001%": "is finer than",
    "rename AAPL to MSFT": "is the symbol of MICROSOFT",
    'rename AAPL to "a b"': "is no symbol such as",
}


@walk("line", REFUSED)
def test_what_cannot_be_is_told_with_its_line(line: str) -> None:
    with pytest.raises(WorldError, match=rf"line 1.*{REFUSED[line]}"):
        Play(line)


def test_the_check_names_what_is_no_share() -> None:
    for line, column in {
        "split NOSUCH 2:1": 7,
        "merger AAPL 1:2 NOSUCH": 17,
        "spin-off AAPL 1:2 NOSUCH cost 1%": 19,
        "rename NOSUCH to APLX": 8,
    }.items():
        (problem,) = check_world(read_world(line))
        assert "'NOSUCH' is the name of no contract" in str(problem)
        assert problem.column == column
    (problem,) = check_world(read_world("dividend EUR.USD 1"))
    assert (problem.column, problem.reason) == (10, "is no share")
