"""Holdings and cash that move without a trade: from elsewhere, between accounts, between
currencies. Nothing of it is a profit, and the books add up."""

from decimal import Decimal

import pytest

from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.broker.profile import Profile
from papertape.venue.broker.transfers import starting_position
from papertape.venue.commands import (
    ConvertCash,
    Deposit,
    OpenAccount,
    ReceivePosition,
    SetFeePlan,
    SetMarginModel,
    StartingPosition,
    Transfer,
)
from papertape.venue.invariants import check
from papertape.venue.reference.listings import CATALOGUE
from venue.scenario import SYMBOLS, Stage
from venue.test_contract_ends import AAPL, CALL, INSTRUMENTS, MES, end_of, quote, trade
from walks import walk

ACCOUNT, OTHER = "DU1234567", "DU2"
LOT = 10_000


@pytest.fixture
def stage() -> Stage:
    stage = Stage(None, INSTRUMENTS)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    stage.submit(OpenAccount(OTHER, "USD", 1_000 * 10**6))
    quote(stage, AAPL, 250)
    quote(stage, MES, 6_800)
    quote(stage, CALL, 6)
    return stage


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


def net(stage: Stage, account: str) -> float:
    return stage.queries.valuation(account, stage.now).net / 10**6


def test_a_position_comes_with_its_cost_and_is_no_profit(stage: Stage) -> None:
    stage.submit(ReceivePosition(ACCOUNT, StartingPosition(AAPL.conId, 100 * LOT, 2_000_000)))
    (row,) = stage.queries.portfolio(ACCOUNT, stage.now)
    assert (row.position, row.averageCost, row.unrealizedPNL) == (100, 200, 5_000)
    assert net(stage, ACCOUNT) == 1_025_000
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0
    single, _ = stage.queries.profit_of(ACCOUNT, AAPL.conId, stage.now)
    assert single is not None and (single.dailyPnL, single.unrealizedPnL) == (0, 5_000)
    quote(stage, AAPL, 251)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 100
    assert stage.queries.executions() == (), "nothing traded"
    finished(stage)


@pytest.mark.parametrize("entry", [AAPL, CALL, MES], ids=lambda entry: entry.secType)
@pytest.mark.parametrize("size", [3, -3])
def test_every_kind_comes_and_goes_without_a_profit(stage: Stage, entry, size: int) -> None:
    stage.submit(ReceivePosition(ACCOUNT, StartingPosition(entry.conId, size * LOT)))
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0
    quote(stage, entry, {AAPL: 251, CALL: 7, MES: 6_810}[entry])
    gained = stage.queries.profit(ACCOUNT, stage.now).dailyPnL
    assert gained == size * {AAPL: 1, CALL: 100, MES: 50}[entry]
    check(stage.engine)
    stage.submit(ReceivePosition(ACCOUNT, StartingPosition(entry.conId, -size * LOT)))
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == gained
    (row,) = stage.queries.positions(ACCOUNT)
    assert (row.position, row.avgCost) == (0, 0)
    end_of(stage, "20260414 10:00:00")
    finished(stage)


def test_an_account_begins_with_positions() -> None:
    profile = Profile(("DU8",), positions=("AAPL 100 @ 200.5", f"{MES.conId} -2 @ 6790"))
    stage = Stage(profile, INSTRUMENTS)
    rows = {row.contract.symbol: row for row in stage.queries.positions("DU8")}
    assert rows["AAPL"].position == 100 and rows["AAPL"].avgCost == 200.5
    assert rows["MES"].position == -2 and rows["MES"].avgCost == 33_950
    quote(stage, AAPL, 201)
    quote(stage, MES, 6_780)
    trade(stage, MES, 2)
    assert stage.queries.profit("DU8", stage.now).dailyPnL == pytest.approx(50 + 100 - 1.22)
    finished(stage)


def test_what_ends_ends_although_it_never_traded(stage: Stage) -> None:
    stage.submit(ReceivePosition(ACCOUNT, StartingPosition(CALL.conId, LOT)))
    quote(stage, AAPL, 255)
    end_of(stage)
    rows = {row.contract.secType: row.position for row in stage.queries.positions(ACCOUNT)}
    assert rows == {"STK": 100, "OPT": 0}


def test_holdings_move_between_accounts_with_their_cost(stage: Stage) -> None:
    stage.submit(ReceivePosition(ACCOUNT, StartingPosition(AAPL.conId, 300 * LOT, 2_000_000)))
    stage.submit(Transfer(ACCOUNT, OTHER, conId=AAPL.conId, size=100 * LOT))
    (here,), (there,) = (stage.queries.positions(one) for one in (ACCOUNT, OTHER))
    assert [(row.position, row.avgCost) for row in (here, there)] == [(200, 200), (100, 200)]
    assert [net(stage, one) for one in (ACCOUNT, OTHER)] == [1_050_000, 26_000]
    for account in (ACCOUNT, OTHER):
        assert stage.queries.profit(account, stage.now).dailyPnL == 0
    finished(stage)


def test_cash_moves_between_accounts(stage: Stage) -> None:
    stage.submit(Deposit(ACCOUNT, "EUR", 50 * 10**6))
    stage.submit(Transfer(ACCOUNT, OTHER, "EUR", 20 * 10**6))
    books = stage.engine.state.accounts
    assert (books[ACCOUNT].cash["EUR"], books[OTHER].cash["EUR"]) == (30 * 10**6, 20 * 10**6)
    assert stage.queries.profit(OTHER, stage.now).dailyPnL == 0
    finished(stage)


def test_a_conversion_is_at_the_middle_of_the_pair(stage: Stage) -> None:
    pair = SYMBOLS["EUR"]
    quote(stage, pair, 1.25)
    stage.submit(ConvertCash(ACCOUNT, "USD", 1_000 * 10**6, "EUR"))
    assert stage.engine.state.accounts[ACCOUNT].cash == {
        "USD": 999_000 * 10**6, "EUR": 800 * 10**6,
    }  # fmt: skip
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 0
    quote(stage, pair, 1.5)
    assert stage.queries.profit(ACCOUNT, stage.now).dailyPnL == 200
    finished(stage)


REFUSED = {
    "more than there is": (ConvertCash(ACCOUNT, "GBP", 1, "USD"), "has 0.00 GBP to convert"),
    "an unknown currency": (ConvertCash(ACCOUNT, "USD", 1, "XAU"), "no exchange rate"),
    "into itself": (ConvertCash(ACCOUNT, "USD", 1, "USD"), "into itself"),
    "nothing": (ConvertCash(ACCOUNT, "USD", 0, "EUR"), "more than 0"),
    "to itself": (Transfer(ACCOUNT, ACCOUNT, "USD", 1), "to itself"),
    "to nobody": (Transfer(ACCOUNT, "DU9", "USD", 1), "there is no account 'DU9'"),
    "a negative transfer": (Transfer(ACCOUNT, OTHER, "USD", -1), "more than 0"),
    "more cash than it has": (Transfer(OTHER, ACCOUNT, "USD", 10**12), "to withdraw"),
    "holdings that it lacks": (Transfer(ACCOUNT, OTHER, conId=AAPL.conId, size=1), "holds 0"),
    "an index": (ReceivePosition(ACCOUNT, StartingPosition(700_000_020, LOT)), "cannot be held"),
    "no contract": (ReceivePosition(ACCOUNT, StartingPosition(5, LOT)), "no contract 5"),
    "cash": (ReceivePosition(ACCOUNT, StartingPosition(12087792, LOT)), "deposit it"),
    "too many": (ReceivePosition(ACCOUNT, StartingPosition(AAPL.conId, 10**14)), "1 to"),
    "no price": (ReceivePosition(ACCOUNT, StartingPosition(700_000_024, LOT)), "give one"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(stage: Stage, name: str) -> None:
    command, text = REFUSED[name]
    before = stage.engine.state_hash()
    with pytest.raises(AccountRefused, match=text):
        stage.submit(command)
    assert stage.engine.state_hash() == before


def test_less_is_delivered_than_is_held_and_a_cash_account_is_never_short(stage: Stage) -> None:
    stage.submit(ReceivePosition(ACCOUNT, StartingPosition(AAPL.conId, 5 * LOT)))
    with pytest.raises(AccountRefused, match="holds 5 of AAPL"):
        stage.submit(ReceivePosition(ACCOUNT, StartingPosition(AAPL.conId, -6 * LOT)))
    stage.submit(SetMarginModel(OTHER, "cash"))
    for wanted in (StartingPosition(AAPL.conId, -LOT), StartingPosition(MES.conId, LOT)):
        with pytest.raises(AccountRefused, match="is a cash account"):
            stage.submit(ReceivePosition(OTHER, wanted))


@walk(
    ("text", "size", "price"),
    [("AAPL 100", 100, None), ("aapl -5 @ 430", -5, "430"), ("265598 7 @0.25", 7, "0.25"),
     ("  AAPL 1 @ 1.2345 ", 1, "1.2345")],
)  # fmt: skip
def test_a_position_is_read(text: str, size: int, price: str | None) -> None:
    found = starting_position(text, CATALOGUE, 0)
    assert (found.conId, found.size) == (AAPL.conId, size * LOT)
    assert found.price == (None if price is None else Decimal(price) * 10_000)


@walk(
    "text",
    ["", "AAPL", "AAPL @ 4", "AAPL 1.5", "AAPL 100 @ -4", "AAPL 100 @ 4.12345", "NOBODY 5",
     "99999999999999 1", "AAPL 100 430", "AAPL 100000000000", "AAPL 1 @ 1e5"],
)  # fmt: skip
def test_what_is_no_position_is_refused(text: str) -> None:
    with pytest.raises(AccountRefused):
        starting_position(text, CATALOGUE, 0)
