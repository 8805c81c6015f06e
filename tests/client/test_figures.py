"""Typed account figures, and lines of profit and loss that survive interruptions."""

from decimal import Decimal
from typing import Any

import pytest

from client.guest import AGAIN, Guest
from client.memory import Memory, run
from papertape.client.accounts import AccountSnapshot
from papertape.client.aio import connect
from papertape.client.figures import AccountNumbers, Money, number
from papertape.client.profit import ProfitStream
from papertape.client.requests import questions
from papertape.client.streams import VALUES, AccountStream, Gap, Stale, StreamSource
from papertape.errors import RequestRefused
from papertape.wire.catalogue import account, pnl, session
from server.pair import Hall
from server.test_station import order
from walks import walk

ROWS = {
    ("NetLiquidation", "EUR"): "1000.50",
    ("NetLiquidation-S", "EUR"): "900",
    ("TotalCashValue", "EUR"): "-3",
    ("BuyingPower", "EUR"): "many",
    ("Cushion", ""): "0.98",
    ("DayTradesRemaining", ""): "-1",
    ("AccountType", ""): "INDIVIDUAL",
    ("Currency", "BASE"): "BASE",
    ("Currency", "USD"): "USD",
    ("TotalCashBalance", "BASE"): "10.0001",
    ("TotalCashBalance", "USD"): "12",
    ("ExchangeRate", "USD"): "0.85",
    ("UnrealizedPnL", "BASE"): "7",
}


def test_figures_are_numbers_with_their_currency() -> None:
    found = AccountSnapshot("DU1", ROWS).figures
    assert (found.account, found.currency) == ("DU1", "EUR")
    assert found.net_liquidation == Money(Decimal("1000.50"), "EUR")
    assert found.unrealized == Money(Decimal(7), "EUR") and found.realized is None
    assert found.buying_power is None and found.available_funds is None
    assert (found.cushion, found.day_trades_remaining) == (Decimal("0.98"), -1)
    assert found.ledgers.keys() == {"BASE", "USD"}
    dollars = found.ledgers["USD"]
    assert (dollars.cash, dollars.exchange_rate, dollars.realized) == (12, Decimal("0.85"), None)
    assert found.money("NetLiquidation-S") == Money(Decimal(900), "EUR")
    assert str(found.money("TotalCashBalance", "USD")) == "12 USD"
    assert found.money("TotalCashBalance").currency == "EUR"
    with pytest.raises(KeyError, match="Moon"):
        found.money("Moon")
    with pytest.raises(KeyError, match="NetLiquidation USD"):
        found.money("NetLiquidation", "USD")
    with pytest.raises(ValueError, match="many"):
        found.money("BuyingPower")


@walk("text", ["", "x", "NaN", "-Infinity", "1,5"])
def test_what_is_no_number_is_none(text: str) -> None:
    assert number(text) is None
    assert AccountNumbers.of("DU1", {("NetLiquidation", "USD"): text}).net_liquidation is None


def test_an_account_that_others_keep_from_it_is_refused_and_the_one_followed_goes_on() -> None:
    tws = Memory()
    text = "Unable subscribe to account as the following clients are subscribed to a different "
    refused = session.ErrorMessage(id=-1, errorCode=2101, errorMsg=text + "account.{7}")

    def answer(asked: account.ReqAccountUpdates) -> list[Any]:
        return [account.AccountDataEnd("DU1")] if asked.acctCode == "DU1" else [refused]

    tws.answers[account.ReqAccountUpdates] = answer

    async def main() -> None:
        async with connect() as tws_session, tws_session.account_updates("DU1") as line:
            await line.complete()
            with pytest.raises(RequestRefused, match="different account"):
                await tws_session.account("DU2")
            with pytest.raises(RequestRefused, match="different account"):
                async with tws_session.account_updates("DU2") as other:
                    await other.complete()
            tws.send(account.AccountValue("NetLiquidation", "5", "USD", "DU1"))
            await line.next()
            assert line.figures.net_liquidation == Money(Decimal(5), "USD")

    run(tws, main)


def test_an_account_that_there_is_not_is_refused_without_waiting_for_the_deadline() -> None:
    tws = Memory()
    text = "Error validating request.-'bY' : cause - "
    told = [
        session.ErrorMessage(id=-1, errorCode=321, errorMsg=text + cause)
        for cause in ("FA data operations ignored for non FA customers.", "Invalid account code")
    ]
    tws.answers[account.ReqAccountUpdates] = lambda asked: told if asked.acctCode == "X" else []

    async def main() -> None:
        async with connect() as tws_session:
            with pytest.raises(RequestRefused, match="Invalid account code"):
                await tws_session.account("X", timeout=3600)

    run(tws, main)


def test_a_line_of_account_values_has_the_latest_figures() -> None:
    tws = Memory()
    value = lambda key, text: account.AccountValue(key, text, "USD", "DU1")  # noqa: E731
    tws.answers[account.ReqAccountUpdates] = lambda _: [
        value("NetLiquidation", "5"), account.AccountDataEnd("DU1"),
    ]  # fmt: skip

    async def main() -> None:
        async with connect() as session, session.account_updates() as line:
            await line.complete()
            assert line.figures.net_liquidation == Money(Decimal(5), "USD")
            tws.send(value("NetLiquidation", "6"))
            while line.figures.net_liquidation != Money(Decimal(6), "USD"):
                await line.next()

    run(tws, main)


def test_values_that_are_kept_have_a_limit() -> None:
    stream = AccountStream("DU1", StreamSource("", lambda _: account.ReqPositions(), Any))
    for place in range(VALUES + 5):
        stream.feed(account.AccountValue(f"key{place}", "1", "", "DU1"))
        stream.events.clear()
    assert len(stream.values) == VALUES


def test_profit_and_loss_goes_on_after_a_reconnect() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.client(1).send(order(1, "BUY 100 AAPL MKT"))
    guest = Guest(hall, settings=AGAIN).ready()
    source = StreamSource("", lambda n: pnl.ReqPnL(n, "DU1234567"), pnl.CancelPnL)
    stream = ProfitStream("reqPnL", guest.core.request_id(), source)
    single = StreamSource(
        "", lambda n: pnl.ReqPnLSingle(n, "DU1234567", "", 265598), pnl.CancelPnLSingle
    )
    position = ProfitStream("reqPnLSingle", guest.core.request_id(), single)
    for one in (stream, position):
        guest.core.at(guest.now).subscribe(one)
    guest.settle()
    assert stream.latest.unrealizedPnL == pytest.approx(-2.0003)
    assert (position.latest.position, position.latest.value) == (100, 25767.0)
    guest.cut()
    guest.wait(5)
    hall.quote("AAPL 258.66 x 258.68")
    guest.wait(2)
    assert stream.latest.unrealizedPnL == pytest.approx(97.9997)
    for one in (stream, position):
        kinds = [type(event) for event in one.events if isinstance(event, Stale | Gap)]
        assert kinds == [Stale, Gap]


def test_the_asyncio_lines_ask_for_the_account_and_cancel() -> None:
    tws = Memory()
    tws.answers[pnl.ReqPnL] = lambda m: [pnl.PnL(m.reqId, 1.0, None, 0.0)]
    tws.answers[pnl.ReqPnLSingle] = lambda m: [pnl.PnLSingle(m.reqId, Decimal(3), 1.0)]

    async def main() -> None:
        async with connect() as session:
            async with session.pnl(model="m") as line:
                assert line.latest is None
                assert (await line.next()).unrealizedPnL is None
                assert line.latest is not None and line.latest.dailyPnL == 1.0
            async with session.pnl_single(5, "DU9") as one:
                assert (await one.next()).position == 3
                assert one.latest is not None

    run(tws, main)
    (whole,), (single,) = tws.all(pnl.ReqPnL), tws.all(pnl.ReqPnLSingle)
    assert (whole.account, whole.modelCode) == ("DU1", "m")
    assert (single.account, single.conId) == ("DU9", 5)
    assert len(tws.all(pnl.CancelPnL)) == len(tws.all(pnl.CancelPnLSingle)) == 1


def test_figures_of_a_station() -> None:
    hall = Hall()
    guest = Guest(hall).ready()
    stream = questions.account_stream(guest.core, "DU1234567")
    guest.core.at(guest.now).subscribe(stream)
    guest.settle()
    found = AccountNumbers.of("DU1234567", stream.values)
    assert found.currency == "USD" and found.net_liquidation is not None
    for key in ("initial_margin", "maintenance_margin", "buying_power", "cushion", "realized"):
        assert getattr(found, key) is not None, key
    assert found.ledgers["USD"].cash == found.net_liquidation.amount
