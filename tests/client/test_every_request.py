"""Every request of the protocol has a call in the asyncio client, with a typed result.

A row for each request: the call that sends it, at a station in memory, and the type of what comes
back. A request without a row fails, and so does a row whose call sends something else.
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, NamedTuple

import pytest

from client.memory import Memory, run
from papertape.client.accounts import AccountSnapshot
from papertape.client.aio import connect
from papertape.client.api import Tws
from papertape.client.companies import EventCatalogue, FundamentalReport
from papertape.client.contracts import LimitOrder, Stock
from papertape.client.quotes import QuoteStream
from papertape.client.settings import ClientSettings
from papertape.client.trades import Trade
from papertape.errors import DeadlineExceeded, RequestRefused
from papertape.model import ApiConfig, ApiSettingsConfig, Contract
from papertape.venue.market.source import PriceBar
from papertape.versions import MAX_SERVER
from papertape.wire import catalogue
from papertape.wire.catalogue import (
    account,
    config,
    contract,
    depth,
    display,
    fa,
    history,
    legacy,
    market,
    news,
    options,
    orders,
    pnl,
    reference,
    scanner,
    session,
    ticks,
    verify,
    wsh,
)
from papertape.wire.message import Message
from server.handlers.test_scanners import hall
from server.pair import Hall
from venue.scenario import START
from walks import walk

IBM = Contract(conId=8314, symbol="IBM", secType="STK", exchange="SMART", currency="USD")
OPTION = Contract(localSymbol="SPY   260618C00680000", secType="OPT", exchange="SMART")
ACCOUNT = "DU1234567"
MASTER = ApiConfig(settings=ApiSettingsConfig(masterClientId=7))
NOTHING = type(None)
BAR = PriceBar(START, 2_576_600, 2_577_000, 2_576_500, 2_576_800, 100, 2_576_700, 1)


class Row(NamedTuple):
    """A call, and what it gives."""

    call: Callable[[Tws], Awaitable[Any]]
    gives: type[Any]


async def _now(value: Any) -> Any:
    return value


def _line(open_: Callable[[Tws], Any], gives: type[Any]) -> Row:
    """A line that is opened and left; its items are of that type, if one comes at once."""

    async def call(tws: Tws) -> Any:
        async with open_(tws) as line:
            with suppress(TimeoutError):
                async with asyncio.timeout(20):
                    return await line.next()
        return None

    return Row(call, gives)


def _refused(call: Callable[[Tws], Awaitable[Any]]) -> Row:
    """A call that a station without that refuses, by its code."""

    async def told(tws: Tws) -> Any:
        try:
            await call(tws)
        except RequestRefused as refusal:
            return refusal
        raise AssertionError("it was not refused")

    return Row(told, RequestRefused)


def _silent(call: Callable[[Tws], Any]) -> Row:
    """A call that sends and waits for nothing."""
    return Row(lambda tws: _now(call(tws)), NOTHING)


async def _moved(tws: Tws) -> Trade:
    trade = tws.place_order(IBM, LimitOrder("BUY", 1, 1.0))
    await tws.until(trade, "Submitted")
    tws.cancel_order(trade)
    return await tws.until(trade, "Cancelled")


async def _exercised(tws: Tws) -> Trade:
    trade = tws.exercise(OPTION, 1)
    with suppress(RequestRefused):
        await tws.until(trade)
    return trade


async def _shown(tws: Tws) -> Any:
    async with tws.display_group(1) as group:
        await group.next()
        group.show("8314@SMART")
        return await group.next()


async def _article(tws: Tws) -> Any:
    rows = await tws.historical_news(265598, ["BRFG"], count=1)
    return await tws.news_article(rows[0].providerCode, rows[0].articleId)


WITH_ANSWER: dict[type[Message], Row] = {
    orders.PlaceOrder: Row(_moved, Trade),
    orders.CancelOrder: Row(_moved, Trade),
    orders.ReqOpenOrders: Row(lambda tws: tws.open_orders(), list),
    orders.ReqAllOpenOrders: Row(lambda tws: tws.open_orders(everyone=True), list),
    orders.ReqAutoOpenOrders: _silent(lambda tws: tws.bind_open_orders()),
    orders.ReqCompletedOrders: Row(lambda tws: tws.completed_orders(), list),
    orders.ReqExecutions: Row(lambda tws: tws.executions(), list),
    orders.ReqGlobalCancel: Row(lambda tws: _now(tws.cancel_all()), NOTHING),
    options.ExerciseOptions: Row(_exercised, Trade),
    session.ReqIds: Row(lambda tws: tws.next_valid_id(), int),
    session.ReqManagedAccts: Row(lambda tws: tws.managed_accounts(), tuple),
    session.ReqCurrentTime: Row(lambda tws: tws.current_time(), int),
    session.ReqCurrentTimeInMillis: Row(lambda tws: tws.current_time_in_millis(), int),
    session.SetServerLogLevel: _silent(lambda tws: tws.set_server_log_level(5)),
    session.StartApi: Row(lambda tws: _now(tws.report.serverVersion), int),
    account.ReqPositions: Row(lambda tws: tws.positions(), list),
    account.CancelPositions: Row(lambda tws: tws.positions(), list),
    account.ReqPositionsMulti: Row(lambda tws: tws.positions_of(), list),
    account.CancelPositionsMulti: Row(lambda tws: tws.positions_of(), list),
    account.ReqAccountUpdates: Row(lambda tws: tws.account(), AccountSnapshot),
    account.ReqAccountUpdatesMulti: Row(lambda tws: tws.account_values_of(), list),
    account.CancelAccountUpdatesMulti: Row(lambda tws: tws.account_values_of(), list),
    account.ReqAccountSummary: Row(lambda tws: tws.account_summary("NetLiquidation"), dict),
    account.CancelAccountSummary: Row(lambda tws: tws.account_summary("NetLiquidation"), dict),
    pnl.ReqPnL: _line(lambda tws: tws.pnl(), object),
    pnl.CancelPnL: _line(lambda tws: tws.pnl(), object),
    pnl.ReqPnLSingle: _line(lambda tws: tws.pnl_single(8314), object),
    pnl.CancelPnLSingle: _line(lambda tws: tws.pnl_single(8314), object),
    fa.RequestFA: Row(lambda tws: tws.allocation_groups(), list),
    fa.ReplaceFA: _refused(lambda tws: tws.replace_account_aliases({"DU1": "one"})),
    config.ReqConfig: Row(lambda tws: tws.configuration(), config.ConfigResponse),
    config.UpdateConfig: Row(lambda tws: tws.update_configuration(api=MASTER),
                             config.UpdateConfigResponse),
    contract.ReqContractDetails: Row(lambda tws: tws.contract_details(IBM), list),
    reference.ReqMatchingSymbols: Row(lambda tws: tws.matching_symbols("IBM"), list),
    options.ReqSecDefOptParams: Row(lambda tws: tws.option_chain(IBM), list),
    options.CalculateImpliedVolatility: Row(
        lambda tws: tws.implied_volatility(OPTION, 20.0, 680.0), options.TickOptionComputation),
    options.CalculateOptionPrice: Row(
        lambda tws: tws.option_price(OPTION, 0.2, 680.0), options.TickOptionComputation),
    market.ReqMktData: Row(lambda tws: tws.snapshot(IBM), QuoteStream),
    market.CancelMktData: _line(lambda tws: tws.quotes(IBM), object),
    market.ReqMarketDataType: _silent(lambda tws: tws.market_data_type(3)),
    ticks.ReqTickByTickData: _line(lambda tws: tws.tick_by_tick(IBM), object),
    ticks.CancelTickByTickData: _line(lambda tws: tws.tick_by_tick(IBM), object),
    ticks.ReqRealTimeBars: _line(lambda tws: tws.real_time_bars(IBM), object),
    ticks.CancelRealTimeBars: _line(lambda tws: tws.real_time_bars(IBM), object),
    ticks.ReqHistoricalTicks: Row(
        lambda tws: tws.historical_ticks(IBM, end=datetime.now(UTC)), list),
    ticks.ReqHeadTimeStamp: Row(lambda tws: tws.head_timestamp(IBM), datetime),
    ticks.ReqHistogramData: Row(lambda tws: tws.histogram(IBM), list),
    history.ReqHistoricalData: Row(lambda tws: tws.historical_bars(IBM), list),
    history.CancelHistoricalData: _line(lambda tws: tws.bars(IBM), object),
    depth.ReqMktDepth: _line(lambda tws: tws.depth(IBM, smart=True), object),
    depth.CancelMktDepth: _line(lambda tws: tws.depth(IBM, smart=True), object),
    depth.ReqMktDepthExchanges: Row(lambda tws: tws.depth_exchanges(), list),
    reference.ReqMarketRule: Row(lambda tws: tws.market_rule(26), list),
    reference.ReqSmartComponents: _refused(lambda tws: tws.smart_components("x")),
    reference.ReqSoftDollarTiers: Row(lambda tws: tws.soft_dollar_tiers(), list),
    reference.ReqFamilyCodes: Row(lambda tws: tws.family_codes(), list),
    reference.ReqUserInfo: Row(lambda tws: tws.user_info(), str),
    scanner.ReqScannerParameters: Row(lambda tws: tws.scanner_parameters(), str),
    scanner.ReqScannerSubscription: Row(lambda tws: tws.scan("MOST_ACTIVE"), list),
    scanner.CancelScannerSubscription: Row(lambda tws: tws.scan("MOST_ACTIVE"), list),
    news.ReqNewsProviders: Row(lambda tws: tws.news_providers(), list),
    news.ReqHistoricalNews: Row(lambda tws: tws.historical_news(265598, ["BRFG"]), list),
    news.ReqNewsArticle: Row(_article, news.NewsArticle),
    news.ReqNewsBulletins: _line(lambda tws: tws.bulletins(), object),
    news.CancelNewsBulletins: _line(lambda tws: tws.bulletins(), object),
    wsh.ReqWshMetaData: Row(lambda tws: tws.corporate_event_types(), EventCatalogue),
    wsh.ReqWshEventData: Row(lambda tws: tws.corporate_events(265598), list),
    legacy.ReqFundamentalData: Row(
        lambda tws: tws.fundamental_report(Stock("AAPL"), "ReportSnapshot"), FundamentalReport),
    display.QueryDisplayGroups: Row(lambda tws: tws.display_groups(), list),
    display.SubscribeToGroupEvents: Row(_shown, str),
    display.UpdateDisplayGroup: Row(_shown, str),
    display.UnsubscribeFromGroupEvents: Row(_shown, str),
}  # fmt: skip

WITHDRAWN: dict[type[Message], Callable[[Tws], Awaitable[Any]]] = {
    contract.CancelContractData: lambda tws: tws.contract_details(IBM, timeout=2),
    options.CancelCalculateImpliedVolatility:
        lambda tws: tws.implied_volatility(OPTION, 20.0, 680.0, timeout=2),
    options.CancelCalculateOptionPrice:
        lambda tws: tws.option_price(OPTION, 0.2, 680.0, timeout=2),
    ticks.CancelHistoricalTicks: lambda tws: tws.historical_ticks(IBM, timeout=2),
    ticks.CancelHeadTimeStamp: lambda tws: tws.head_timestamp(IBM, timeout=2),
    ticks.CancelHistogramData: lambda tws: tws.histogram(IBM, timeout=2),
    history.CancelHistoricalData: lambda tws: tws.historical_bars(IBM, timeout=2),
    legacy.CancelFundamentalData: lambda tws: tws.fundamental_report(IBM, timeout=2),
    wsh.CancelWshEventData: lambda tws: tws.corporate_events(8314, timeout=2),
    wsh.CancelWshMetaData: lambda tws: tws.corporate_event_types(timeout=2),
    market.CancelMktData: lambda tws: tws.snapshot(IBM, timeout=2),
}  # fmt: skip
"""Calls whose answer does not come: the request is cancelled when they give up."""

WITHOUT: dict[type[Message], str] = {
    verify.VerifyRequest: "programs of IB's partners alone have the keys",
    verify.VerifyMessage: "the same",
    verify.VerifyAndAuthRequest: "the same",
    verify.VerifyAndAuthMessage: "the same",
}
"""Requests without a call, and why."""


def test_no_request_is_missing() -> None:
    known = WITH_ANSWER.keys() | WITHDRAWN.keys() | WITHOUT.keys()
    missing = set(catalogue.REQUESTS.values()) - known
    assert not missing, sorted(one.__name__ for one in missing)
    assert not WITHOUT.keys() & (WITH_ANSWER.keys() | WITHDRAWN.keys())


def given(
    call: Callable[[Tws], Awaitable[Any]], station: Hall, version: int = MAX_SERVER
) -> tuple[Any, Memory]:
    """What a call gives at a station in memory, and what the station was sent."""
    tws, behind = Memory(version), station.client(1, version)

    def answer(message: Message) -> list[Message]:
        behind.send(message)
        station.wait(60)
        return behind.got()

    others = [cls for cls in catalogue.REQUESTS.values() if cls is not session.StartApi]
    tws.answers |= dict.fromkeys(others, answer)
    started = [session.ManagedAccounts(ACCOUNT), session.NextValidId(1000)]
    tws.answers[session.StartApi] = lambda _: list(started)
    found: list[Any] = []

    async def connected() -> None:
        async with connect(settings=ClientSettings(fetch=())) as here:
            found.append(await call(here))

    run(tws, connected)
    return found[0], tws


@pytest.mark.long
@walk("kind", WITH_ANSWER, ids=lambda kind: kind.__name__, check=7)
def test_its_call_sends_it_and_gives_what_it_says(kind: type[Message]) -> None:
    row = WITH_ANSWER[kind]
    station = hall()
    station.market.history.append(BAR)
    gave, tws = given(row.call, station)
    assert isinstance(gave, row.gives)
    assert tws.all(kind), f"{kind.__name__} was not sent"


@walk("kind", WITHDRAWN, ids=lambda kind: kind.__name__)
def test_what_nobody_waits_for_is_cancelled(kind: type[Message]) -> None:
    tws = Memory()

    async def main() -> None:
        async with connect(settings=ClientSettings(fetch=(), retries=1)) as here:
            tws.received.clear()
            with pytest.raises(DeadlineExceeded):
                await WITHDRAWN[kind](here)
            await asyncio.sleep(1)

    run(tws, main)
    cancels = tws.all(kind)
    asked = [one for one in tws.received if isinstance(one, kind.spec.cancels)]
    assert len(asked) == 2 and {one.reqId for one in cancels} == {one.reqId for one in asked}


def test_a_server_that_does_not_know_the_cancel_is_not_told() -> None:
    tws = Memory(176)

    async def main() -> None:
        async with connect(settings=ClientSettings(fetch=())) as here:
            with pytest.raises(DeadlineExceeded):
                await here.contract_details(IBM, timeout=2)
            with pytest.raises(DeadlineExceeded):
                await here.histogram(IBM, timeout=2)
            await asyncio.sleep(1)

    run(tws, main)
    assert not tws.all(contract.CancelContractData) and tws.all(ticks.CancelHistogramData)
