"""Contracts looked up by the asyncio client: at a station in memory, and at a TWS that fails."""

import asyncio
import pickle
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from client.memory import Memory, run
from papertape.client.aio import connect
from papertape.client.api import Tws
from papertape.client.contracts import Future, Option, Stock
from papertape.client.lookups import IN_FLIGHT, OptionChain, brief
from papertape.errors import (
    AmbiguousContract,
    ConnectionLost,
    ContractNotFound,
    DeadlineExceeded,
    LocalProtocolError,
    PapertapeError,
    RequestRefused,
)
from papertape.model import Contract, ContractDetails
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import contract, options, reference
from papertape.wire.catalogue.session import ErrorMessage
from papertape.wire.message import Message
from server.pair import Hall
from walks import walk

ASKED = (contract.ReqContractDetails, reference.ReqMatchingSymbols, options.ReqSecDefOptParams)
"""Requests that a station answers."""


def station(version: int = MAX_SERVER) -> Memory:
    """A TWS in memory that answers questions about contracts as a station does."""
    tws, behind = Memory(version), Hall().client(1, version)

    def answer(message: Message) -> list[Message]:
        behind.send(message)
        behind.hall.wait(0.1)
        return behind.got()

    tws.answers |= dict.fromkeys(ASKED, answer)
    return tws


def at(tws: Memory, main: Callable[[Tws], Awaitable[Any]]) -> Any:
    """What a program gets."""
    found: list[Any] = []

    async def connected() -> None:
        async with connect() as session:
            found.append(await main(session))

    run(tws, connected)
    return found[0]


# description -> conId, localSymbol, exchange
KINDS = [
    (Stock("SPY"), (756733, "SPY", "SMART")),
    (Stock("SPY", exchange="ARCA"), (756733, "SPY", "ARCA")),
    (Contract(symbol="SPY", secType="STK", currency="USD"), (756733, "SPY", "SMART")),
    (Contract(conId=265598), (265598, "AAPL", "SMART")),
    (Contract(secIdType="ISIN", secId="US4592001014", exchange="SMART", currency="USD"),
     (8314, "IBM", "SMART")),
    (Contract(symbol="EUR", secType="CASH", currency="USD"), (12087792, "EUR.USD", "IDEALPRO")),
    (Contract(symbol="SPX", secType="IND"), (416904, "SPX", "CBOE")),
    (Contract(symbol="IBM", secType="OPT", lastTradeDateOrContractMonth="20260417", strike=300.0,
              right="C"), (None, "IBM   260417C00300000", "SMART")),
    (Contract(secType="FUT", localSymbol="ESM6"), (None, "ESM6", "CME")),
    (Contract(symbol="BTC", secType="CRYPTO", exchange="PAXOS", currency="USD"),
     (None, "BTC.USD", "PAXOS")),
    (Contract(symbol="XAUUSD", secType="CMDTY"), (None, "XAUUSD", "SMART")),
]  # fmt: skip


@pytest.mark.long
@walk("wanted, expected", KINDS, ids=[brief(one) for one, _ in KINDS])
@walk("version", [176, MAX_SERVER])
def test_a_description_is_completed(
    wanted: Contract, expected: tuple[int | None, str, str], version: int
) -> None:
    before = pickle.dumps(wanted)
    found = at(station(version), lambda tws: tws.qualify(wanted))
    number, local, exchange = expected
    assert number in (None, found.conId)
    assert (found.localSymbol, found.exchange) == (local, exchange)
    assert found.conId
    assert pickle.dumps(wanted) == before


@pytest.mark.parametrize("version", [176, MAX_SERVER])
def test_what_was_completed_means_the_same_again(version: int) -> None:
    """The time of a last trade, which details tell, is no part of what a request takes."""
    wanted = Contract(symbol="ES", secType="FUT", lastTradeDateOrContractMonth="202606")

    async def main(tws: Tws) -> tuple[Contract, Contract]:
        once = await tws.qualify(wanted)
        return once, await tws.qualify(once)

    once, again = at(station(version), main)
    assert once.lastTradeDateOrContractMonth == "20260618"
    assert again == once


def test_an_expired_future_stays_one_that_can_be_asked_for() -> None:
    wanted = Contract(
        symbol="ES", secType="FUT", lastTradeDateOrContractMonth="202503", includeExpired=True
    )
    assert at(station(), lambda tws: tws.qualify(wanted)).includeExpired


def test_an_unknown_contract_is_told_with_what_was_asked() -> None:
    async def main(tws: Tws) -> PapertapeError:
        with pytest.raises(ContractNotFound) as caught:
            await tws.qualify(Stock("NOSUCH"))
        return caught.value

    error = at(station(), main)
    assert error.code == 200
    assert error.__notes__ == [
        "asked for NOSUCH STK SMART USD",
        "tws.matching_symbols('NOSUCH') searches symbols and names",
    ]


# what is not found, and a word of what the error says to do
ADVICE = [
    (Option("AAPL", "20260618", 201.37, "C"), "tws.option_chain(underlying)"),
    (Future("ES", "202503", "CME"), "includeExpired"),
    (Contract(secIdType="SEDOL", secId="2046251"), "by its symbol"),
    (Contract(conId=5), "by symbol, secType, exchange and currency"),
    (Contract(localSymbol="NOSUCH", secType="STK"), "tws.matching_symbols('NOSUCH')"),
]


def test_an_error_says_what_to_do() -> None:
    async def main(tws: Tws) -> list[PapertapeError]:
        found: list[PapertapeError] = list(await tws.qualify_all(one for one, _ in ADVICE))
        for one, _ in ADVICE:
            with pytest.raises(ContractNotFound) as caught:
                await tws.contract_details(one)
            found.append(caught.value)
        return found

    errors = at(station(), main)
    for error, (one, word) in zip(errors, [*ADVICE, *ADVICE], strict=True):
        asked, advice = error.__notes__
        assert asked == f"asked for {brief(one)}"
        assert word in advice


@walk("ask", ["qualify", "contract_details", "option_chain"])
def test_a_symbol_is_no_contract(ask: str) -> None:
    async def main(tws: Tws) -> str:
        with pytest.raises(LocalProtocolError) as caught:
            await getattr(tws, ask)("MSFT")
        return str(caught.value)

    told = at(station(), main)
    assert told == "a contract is needed, such as pt.Stock('MSFT'), not a str"


def test_an_ambiguous_contract_is_told_with_the_candidates() -> None:
    wanted = Contract(symbol="AAPL", secType="STK", exchange="SMART")

    async def main(tws: Tws) -> AmbiguousContract:
        with pytest.raises(AmbiguousContract) as caught:
            await tws.qualify(wanted)
        return caught.value

    error = at(station(), main)
    assert {one.currency for one in error.candidates} == {"USD", "CHF", "CAD"}
    assert "3 contracts match: 265598 AAPL STK NMS NASDAQ USD;" in str(error)
    assert pickle.loads(pickle.dumps(error)).candidates == error.candidates


@pytest.mark.long
def test_a_chain_is_not_named_to_its_end() -> None:
    wanted = Contract(symbol="IBM", secType="OPT", lastTradeDateOrContractMonth="202604")

    async def main(tws: Tws) -> AmbiguousContract:
        with pytest.raises(AmbiguousContract) as caught:
            await tws.qualify(wanted)
        return caught.value

    error = at(station(), main)
    assert len(error.candidates) > 20
    assert f"and {len(error.candidates) - 8} more" in str(error)


def test_many_come_back_in_order_each_with_its_outcome() -> None:
    wanted = [Stock("SPY"), Stock("NOSUCH"), Contract(symbol="AAPL", secType="STK"), Stock("IBM")]
    found = at(station(), lambda tws: tws.qualify_all(wanted))
    kinds = [type(one) for one in found]
    assert kinds == [Contract, ContractNotFound, AmbiguousContract, Contract]
    assert [found[0].conId, found[3].conId] == [756733, 8314]


def test_any_refusal_of_one_is_its_outcome() -> None:
    found = at(station(), lambda tws: tws.qualify_all([Contract(), Stock("SPY")]))
    assert isinstance(found[0], RequestRefused)
    assert found[0].code == 321
    assert found[1].conId == 756733


def test_many_are_asked_a_few_at_a_time() -> None:
    tws = Memory()
    open_, most = 0, 0

    def answer(message: Any) -> list[Message]:
        nonlocal open_, most
        open_ += 1
        most = max(most, open_)
        row = contract.ContractData(
            message.reqId,
            Contract(conId=message.contract.conId, exchange="SMART"),
            ContractDetails(),
        )

        def later() -> None:
            nonlocal open_
            open_ -= 1
            tws.send(row, contract.ContractDataEnd(message.reqId))

        tws.line.loop.call_later(0.5, later)
        return []

    tws.answers[contract.ReqContractDetails] = answer
    wanted = [Contract(conId=number) for number in range(1, 201)]
    found = at(tws, lambda session: session.qualify_all(wanted))
    assert [one.conId for one in found] == list(range(1, 201))
    assert most <= IN_FLIGHT


def test_none_are_asked_about_none() -> None:
    assert at(station(), lambda tws: tws.qualify_all([])) == []


def test_without_an_answer_the_deadline_ends_all_of_them() -> None:
    tws = Memory()

    async def main(session: Tws) -> None:
        with pytest.raises(DeadlineExceeded):
            await session.qualify_all([Stock("SPY"), Stock("IBM")], timeout=3.0)
        asked = len(tws.all(contract.ReqContractDetails))
        await asyncio.sleep(60)
        assert len(tws.all(contract.ReqContractDetails)) == asked > 1

    at(tws, main)


def test_the_end_of_the_connection_ends_them_too() -> None:
    tws = Memory()

    def answer(message: Any) -> list[Message]:
        tws.restart()
        return []

    tws.answers[contract.ReqContractDetails] = answer

    async def main(session: Tws) -> None:
        with pytest.raises(ConnectionLost):
            await session.qualify_all([Stock("SPY"), Stock("IBM")])

    async def connected() -> None:
        async with connect() as session:
            await main(session)

    run(tws, connected)


def test_matching_symbols() -> None:
    found = at(station(), lambda tws: tws.matching_symbols("AAPL"))
    (first, *_) = [one for one in found if one.contract.currency == "USD"]
    assert (first.contract.conId, first.contract.secType) == (265598, "STK")
    assert "OPT" in first.derivativeSecTypes
    assert at(station(), lambda tws: tws.matching_symbols("no such name")) == []


@pytest.mark.parametrize("version", [176, MAX_SERVER])
def test_an_option_chain_of_a_stock_by_its_symbol(version: int) -> None:
    found = at(station(version), lambda tws: tws.option_chain(Stock("IBM")))
    assert all(isinstance(row, OptionChain) for row in found)
    assert found[-1].exchange == "SMART"
    assert {row.tradingClass for row in found} == {"IBM"}
    assert {row.underlyingConId for row in found} == {8314}
    assert {row.multiplier for row in found} == {"100"}
    (row, *_) = found
    assert list(row.expirations) == sorted(set(row.expirations))
    assert list(row.strikes) == sorted(set(row.strikes))
    assert 300.0 in row.strikes
    assert "20260417" in row.expirations


def test_an_option_chain_of_a_future_on_one_exchange() -> None:
    es = Contract(symbol="ES", secType="FUT", lastTradeDateOrContractMonth="202606")
    found = at(station(), lambda tws: tws.option_chain(es, exchange="CME"))
    assert {(row.exchange, row.multiplier) for row in found} == {("CME", "50")}
    assert at(station(), lambda tws: tws.option_chain(es, exchange="EUREX")) == []


def test_what_has_no_options_has_an_empty_chain() -> None:
    euro = Contract(symbol="EUR", secType="CASH", currency="USD")
    assert at(station(), lambda tws: tws.option_chain(euro)) == []


def test_the_chain_of_an_unknown_underlying() -> None:
    async def main(tws: Tws) -> None:
        with pytest.raises(ContractNotFound):
            await tws.option_chain(Contract(conId=999, secType="STK"))
        with pytest.raises(ContractNotFound):
            await tws.option_chain(Stock("NOSUCH"))
        with pytest.raises(AmbiguousContract):
            await tws.option_chain(Contract(symbol="AAPL", secType="STK"))

    at(station(), main)


def test_a_refusal_of_another_kind_is_passed_on() -> None:
    tws = Memory()
    tws.answers[contract.ReqContractDetails] = lambda m: [
        ErrorMessage(m.reqId, 0, 321, "Error validating request")
    ]

    async def main(session: Tws) -> None:
        with pytest.raises(RequestRefused, match="code 321"):
            await session.qualify(Stock("SPY"))

    at(tws, main)


def test_a_strike_is_told_with_all_of_its_digits() -> None:
    option = Contract(symbol="NDX", secType="OPT", strike=23512.25, right="C", exchange="SMART")
    assert brief(option) == "NDX OPT 23512.25 C SMART"
