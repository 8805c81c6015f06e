"""Mergers: what shares, cash, orders and contracts become when a company is taken over."""

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest

from papertape.model import ComboLeg, Contract, Order
from papertape.store.actions import actions_text, read_actions
from papertape.venue.broker.accounts_refused import AccountRefused
from papertape.venue.commands import MergeShares, SetFeePlan, SubmitOrder
from papertape.venue.invariants import check
from papertape.venue.market.actions import ActionsAhead, Dividend, Merger, merger_terms
from papertape.venue.reference.instruments import Instruments, Refusal
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.securities import Cfd
from papertape.venue.units import CASH_SCALE
from venue.scenario import START, Stage, at, shown
from venue.test_contract_ends import AAPL, CALL, TODAY, quote, trade
from venue.test_money import BRITISH
from venue.test_scheduled import ActingMarket
from walks import walk

ACCOUNT = "DU1234567"
MSFT = next(one for one in CATALOGUE if one.symbol == "MSFT" and one.secType == "STK")
CFD = Cfd(
    700_000_051, "AAPL", "CFD", "USD", "", "AAPL CFD", "AAPL", ("SMART",), "AAPL", 10_000, 100,
    under=AAPL.conId,
)  # fmt: skip
LATER_CALL = msgspec.structs.replace(CALL, conId=700_000_052, expires=TODAY + 30)
INSTRUMENTS = Instruments([*CATALOGUE, BRITISH, CFD, LATER_CALL])
EX = at("20260414 09:30:00")


def stage_of(*ahead: ActionsAhead) -> Stage:
    market = ActingMarket(INSTRUMENTS)
    market.ahead = ahead
    stage = Stage(None, INSTRUMENTS, market)
    stage.submit(SetFeePlan(ACCOUNT, "none"))
    for entry, price in ((AAPL, 100), (MSFT, 400), (CFD, 100), (LATER_CALL, 6)):
        quote(stage, entry, price)
    return stage


def cash(stage: Stage) -> float:
    return stage.engine.state.accounts[ACCOUNT].cash["USD"] / CASH_SCALE - 1_000_000


def held(stage: Stage, con_id: int) -> float:
    return stage.engine.state.accounts[ACCOUNT].quantity(con_id) / 10_000


def cost(stage: Stage, con_id: int) -> float:
    return stage.engine.state.accounts[ACCOUNT].positions[con_id].cost / CASH_SCALE


def daily(stage: Stage, con_id: int) -> float:
    row, _ = stage.queries.profit_of(ACCOUNT, con_id, stage.now)
    assert row is not None
    return row.dailyPnL


def into(new: int, old: int, cash: float = 0) -> MergeShares:
    return MergeShares(AAPL.conId, MSFT.conId, new, old, round(cash * CASH_SCALE))


def finished(stage: Stage) -> None:
    check(stage.engine)
    stage.journal += stage.engine.drain_journal()
    stage.assert_replays()


# -- holdings -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [30, -30])
def test_cash_ends_a_position_and_is_realized(size: int) -> None:
    stage = stage_of()
    trade(stage, AAPL, size)
    stage.submit(MergeShares(AAPL.conId, cash=110 * CASH_SCALE))
    assert (held(stage, AAPL.conId), cash(stage)) == (0, 10 * size)
    assert daily(stage, AAPL.conId) == 10 * size
    whole = stage.queries.profit(ACCOUNT, stage.now)
    assert (whole.dailyPnL, whole.realizedPnL, whole.unrealizedPnL) == (10 * size, 10 * size, 0)
    finished(stage)


@pytest.mark.parametrize("size", [30, -30])
def test_shares_become_others_at_the_same_cost(size: int) -> None:
    stage = stage_of()
    trade(stage, AAPL, size)
    quote(stage, AAPL, 120)
    stage.submit(into(1, 3))
    assert held(stage, MSFT.conId) == size / 3
    assert cost(stage, MSFT.conId) == 100 * size
    assert cash(stage) == -100 * size
    whole = stage.queries.profit(ACCOUNT, stage.now)
    assert whole.realizedPnL == 0
    assert whole.dailyPnL == whole.unrealizedPnL == size / 3 * 400 - 100 * size
    both = daily(stage, AAPL.conId) + daily(stage, MSFT.conId)
    assert both == whole.dailyPnL
    finished(stage)


@pytest.mark.parametrize("side", [1, -1])
def test_the_fraction_of_a_new_share_is_paid_in_cash(side: int) -> None:
    stage = stage_of()
    trade(stage, AAPL, 10 * side)
    stage.submit(into(1, 4))
    assert held(stage, MSFT.conId) == 2 * side
    assert cash(stage) == (-1_000 + 200) * side, "half a share of 400"
    assert cost(stage, MSFT.conId) == 800 * side
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 0
    finished(stage)


@pytest.mark.parametrize("price", [300, 0], ids=["known", "unknown"])
def test_a_fraction_that_no_size_can_tell_is_paid_to_the_cent(price: int) -> None:
    """A third of a share of 300, which has cost 100."""
    stage = stage_of()
    trade(stage, AAPL, 1)
    quote(stage, MSFT, price)
    stage.submit(into(1, 3))
    assert (held(stage, AAPL.conId), cash(stage)) == (0, 0)
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 0
    finished(stage)


def test_shares_and_cash_part_the_cost_by_what_they_are_worth() -> None:
    stage = stage_of()
    trade(stage, AAPL, 40)
    stage.submit(into(1, 4, 50))
    assert cash(stage) == -4_000 + 2_000
    assert cost(stage, MSFT.conId) == pytest.approx(4_000 * 4_000 / 6_000)
    realized = stage.queries.profit(ACCOUNT, stage.now).realizedPnL
    assert realized == pytest.approx(2_000 - 4_000 * 2_000 / 6_000)
    finished(stage)


def test_they_join_what_is_held_already() -> None:
    stage = stage_of()
    trade(stage, AAPL, 40)
    trade(stage, MSFT, -4)
    stage.submit(into(1, 4))
    assert held(stage, MSFT.conId) == 6
    assert cost(stage, MSFT.conId) == pytest.approx(2_400, abs=1e-5)
    whole = stage.queries.profit(ACCOUNT, stage.now)
    assert whole.dailyPnL == 0
    assert whole.realizedPnL == pytest.approx(4 * (400 - 400))
    finished(stage)


def test_new_shares_without_a_price_have_the_cost_of_the_old_ones() -> None:
    stage = stage_of()
    trade(stage, AAPL, 10)
    quote(stage, MSFT, 0)
    stage.submit(into(1, 4))
    assert (held(stage, MSFT.conId), cost(stage, MSFT.conId)) == (2, 800)
    assert cash(stage) == -800
    finished(stage)


# -- orders and contracts -------------------------------------------------------------------------


def test_orders_for_the_share_and_what_follows_it_are_cancelled() -> None:
    stage = stage_of()
    trade(stage, AAPL, 10, orderType="LMT", lmtPrice=90.0, tif="GTC")
    trade(stage, CFD, 10, orderType="LMT", lmtPrice=90.0, tif="GTC")
    trade(stage, MSFT, 10, orderType="LMT", lmtPrice=300.0, tif="GTC")
    contract = Contract(symbol="AAPL", secType="BAG", exchange="SMART", currency="USD")
    contract.comboLegs = [
        ComboLeg(AAPL.conId, 100, "BUY", "SMART"), ComboLeg(LATER_CALL.conId, 1, "SELL", "SMART"),
    ]  # fmt: skip
    order = Order(action="BUY", totalQuantity=Decimal(1), orderType="LMT", lmtPrice=1.0)
    order.account, order.tif = ACCOUNT, "GTC"
    number = stage.engine.state.highest_ids[1] + 1
    stage.submit(SubmitOrder(1, number, contract, order))
    told = shown(stage.submit(into(1, 4)))
    assert sorted(told) == ["#1 Cancelled", "#2 Cancelled", f"#{number} Cancelled"]
    assert [one.terms.conId for one in stage.engine.state.orders.values()] == [MSFT.conId]
    finished(stage)


@walk("entry", [AAPL, CFD, LATER_CALL], ids=lambda one: one.secType)
def test_what_is_no_more_is_found_no_more(entry: object) -> None:
    stage = stage_of()
    contract = Contract(conId=entry.conId, exchange="SMART")  # type: ignore[attr-defined]
    instruments = stage.engine.instruments
    before = instruments.resolve(contract, now=stage.now)
    assert not isinstance(before, Refusal)
    described = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
    assert not isinstance(instruments.resolve(described, now=stage.now), Refusal)
    stage.submit(into(1, 4))
    for engine in (stage.engine, _again(stage)):
        for wanted in (contract, described):
            found = engine.instruments.resolve(wanted, now=stage.now)
            assert isinstance(found, Refusal) and found.code == 200
        assert entry not in engine.instruments.search("AAPL")
        assert AAPL not in engine.instruments.everything()
        assert engine.instruments[AAPL.conId] is AAPL
    assert not isinstance(INSTRUMENTS.resolve(described, now=stage.now), Refusal), "of others"


def _again(stage: Stage):  # type: ignore[no-untyped-def]
    stage.journal += stage.engine.drain_journal()
    engine = type(stage.engine)(stage.market, None, INSTRUMENTS)
    engine.replay(stage.journal)
    return engine


REFUSED = {
    "nothing": (MergeShares(AAPL.conId), "shares, or cash"),
    "less than nothing": (MergeShares(AAPL.conId, cash=-1), "shares, or cash"),
    "itself": (MergeShares(AAPL.conId, AAPL.conId, 1, 1), "another company"),
    "another kind": (MergeShares(AAPL.conId, LATER_CALL.conId, 1, 1), "other shares in USD"),
    "another currency": (MergeShares(AAPL.conId, BRITISH.conId, 1, 1), "other shares in USD"),
    "nobody": (MergeShares(AAPL.conId, 5, 1, 1), "other shares in USD"),
    "none for one": (into(0, 1), "new shares for as many old"),
    "no share": (MergeShares(CFD.conId, cash=1), "only shares"),
    "over an option": (into(1, 4), "options are not adjusted"),
}


@walk("name", REFUSED)
def test_what_cannot_be_is_refused_and_changes_nothing(name: str) -> None:
    stage = stage_of()
    if "option" in name:
        trade(stage, LATER_CALL, 1)
    command, text = REFUSED[name]
    before = stage.engine.state_hash()
    with pytest.raises(AccountRefused, match=text):
        stage.submit(command)
    assert stage.engine.state_hash() == before


# -- those of a market ----------------------------------------------------------------------------


def test_one_of_the_market_comes_once_after_its_dividend() -> None:
    actions = (Dividend(20260414, CASH_SCALE), Merger(20260414, "MSFT", 1, 4, 5 * CASH_SCALE))
    stage = stage_of(ActionsAhead(EX, actions), ActionsAhead(EX + 1, (Dividend(20260415, 1),)))
    trade(stage, AAPL, 40)
    trade(stage, LATER_CALL, 1)
    stage.step("clock 20260414 10:00:00")
    assert held(stage, MSFT.conId) == 10
    assert (held(stage, AAPL.conId), held(stage, LATER_CALL.conId)) == (0, 0)
    assert cash(stage) == -4_000 + 40 + 200, "the option was paid at its price"
    finished(stage)
    stage.step("clock 20260420 10:00:00")
    assert held(stage, MSFT.conId) == 10


def test_a_company_that_nobody_knows_pays_what_a_share_is_worth() -> None:
    stage = stage_of(ActionsAhead(EX, (Merger(20260414, "NOBODY", 1, 4),)))
    trade(stage, AAPL, 40)
    quote(stage, AAPL, 107)
    stage.step("clock 20260414 10:00:00")
    assert (held(stage, AAPL.conId), cash(stage)) == (0, 280)
    finished(stage)


def test_a_company_that_nobody_knows_pays_the_cost_where_nobody_knows_a_price() -> None:
    stage = stage_of(ActionsAhead(EX, (Merger(20260414, "NOBODY", 1, 4),)))
    trade(stage, AAPL, 40)
    quote(stage, AAPL, 0)
    stage.step("clock 20260414 10:00:00")
    assert (held(stage, AAPL.conId), cash(stage)) == (0, 0)
    assert stage.queries.profit(ACCOUNT, stage.now).realizedPnL == 0
    assert AAPL.conId in stage.engine.state.merged
    finished(stage)


# -- the file -------------------------------------------------------------------------------------

TERMS = {
    "12.5": ("", 0, 1, 12_500_000),
    "1:2 XYZ": ("XYZ", 1, 2, 0),
    "1:2 xyz 12.50": ("XYZ", 1, 2, 12_500_000),
    "3:1 BRK B 0.000001": ("BRK B", 3, 1, 1),
}


@pytest.mark.parametrize("text", TERMS)
def test_terms_are_read_and_written(text: str, tmp_path: Path) -> None:
    assert merger_terms(text) == TERMS[text]
    path = tmp_path / "actions.csv"
    path.write_text(f"date,action,value\n2026-04-14,merger,{text}\n")
    (found,) = read_actions(path)
    assert found == Merger(20260414, *TERMS[text])
    path.write_text(actions_text([found]))
    assert read_actions(path) == (found,)


@walk(
    "text",
    ["", "0", "1:2", "XYZ", "0:1 XYZ", "1:0 XYZ", "1:2 XYZ -1", "1:2 XYZ 1e3", "1.5:1 XYZ"],
)
def test_terms_that_are_none_are_told(text: str) -> None:
    with pytest.raises(ValueError, match="is none of"):
        merger_terms(text)


def test_digits_after_a_symbol_are_part_of_it() -> None:
    assert merger_terms("1:2 XYZ125") == ("XYZ125", 1, 2, 0)
    assert START < EX
