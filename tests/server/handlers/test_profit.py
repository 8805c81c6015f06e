"""reqPnL, reqPnLSingle and reqPositionsMulti."""

from decimal import Decimal
from typing import Any

import pytest

from papertape.wire.catalogue import account, pnl
from papertape.wire.message import Message
from server.pair import VERSIONS, Client, Hall
from server.test_station import order
from walks import walk

SINCE = [version for version in VERSIONS if version >= 157]
ACCOUNT, AAPL = "DU1234567", 265598


def holding(version: int = SINCE[-1], **options: Any) -> tuple[Hall, Client]:
    hall = Hall(**options)
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    client.send(order(1, "BUY 100 AAPL MKT")).got()
    return hall, client


@walk("version", SINCE)
def test_the_first_row_comes_at_once_and_then_what_changes(version: int) -> None:
    hall, client = holding(version)
    client.send(pnl.ReqPnL(5, ACCOUNT), pnl.ReqPnLSingle(6, ACCOUNT, "", AAPL))
    whole, single = client.got()
    assert (whole.reqId, whole.realizedPnL) == (5, 0.0)
    assert (single.reqId, single.position, single.value) == (6, Decimal(100), 25767.0)
    assert single.dailyPnL == pytest.approx(single.unrealizedPnL) == pytest.approx(-2.0003)
    hall.wait(5)
    assert client.got() == []
    hall.quote("AAPL 258.66 x 258.68")
    hall.wait(1)
    whole, single = client.got()
    assert single.unrealizedPnL == pytest.approx(97.9997)
    assert whole.dailyPnL == pytest.approx(97.9997)


def test_a_contract_without_a_position_is_silent_until_there_is_one() -> None:
    hall, client = holding()
    client.send(pnl.ReqPnLSingle(6, ACCOUNT, "", 76792991), pnl.ReqPnLSingle(7, ACCOUNT, "", 999))
    hall.wait(3)
    assert client.got() == []
    hall.quote("TSLA 300.00 x 300.10")
    client.send(order(2, "BUY 1 TSLA MKT")).got()
    hall.wait(1)
    assert [row.reqId for row in client.of(pnl.PnLSingle)] == [6]


def test_what_was_not_traded_today_has_no_realized_profit() -> None:
    hall, client = holding()
    hall.wait(24 * 3600)
    client.got()
    client.send(pnl.ReqPnLSingle(6, ACCOUNT, "", AAPL))
    (row,) = client.got()
    assert row.realizedPnL is None and row.position == 100
    client.send(order(2, "SELL 40 AAPL MKT")).got()
    hall.wait(1)
    assert client.of(pnl.PnLSingle)[-1].realizedPnL is not None


def test_a_daily_profit_that_is_not_prepared_is_missing_in_the_first_row() -> None:
    hall, client = holding(api={"prepareDailyPnL": False})
    client.send(pnl.ReqPnL(5, ACCOUNT))
    (row,) = client.got()
    assert row.dailyPnL is None and row.unrealizedPnL is not None
    hall.wait(1)
    assert client.of(pnl.PnL)[0].dailyPnL is not None


REFUSED = [
    (pnl.ReqPnL(5, "DU9"), "Invalid account code"),
    (pnl.ReqPnL(5, ACCOUNT, "M"), "The account has no model portfolio M"),
    (pnl.ReqPnLSingle(5, "DU9", "", AAPL), "Invalid account code"),
    (account.ReqPositionsMulti(5, "DU9"), "Invalid account code"),
]


@walk(("message", "why"), REFUSED, ids=repr)
def test_refusals_end_the_request(message: Message, why: str) -> None:
    said = f"Error processing request.-'bN' : cause - {why}"
    assert Hall().client().send(message).errors() == [(5, 322, said)]


def test_an_id_twice_and_cancellations() -> None:
    hall, client = holding()
    client.send(pnl.ReqPnL(5, ACCOUNT), pnl.ReqPnL(5, ACCOUNT))
    assert [code for _, code, _ in client.errors()] == [322]
    client.send(pnl.CancelPnL(5), pnl.CancelPnL(5), pnl.CancelPnLSingle(6))
    assert [(about, code) for about, code, _ in client.errors()] == [(5, 10185), (6, 10186)]
    hall.quote("AAPL 258.66 x 258.68")
    hall.wait(2)
    assert client.got() == []


@pytest.mark.long
@walk("version", SINCE)
def test_positions_of_an_account_then_the_end_then_changes(version: int) -> None:
    _, client = holding(version)
    client.send(account.ReqPositionsMulti(7, ACCOUNT), account.ReqPositionsMulti(8, "", "M"))
    held, end, other = client.got()
    assert (held.reqId, held.account, held.contract.conId) == (7, ACCOUNT, AAPL)
    assert (held.position, end, other) == (
        Decimal(100), account.PositionMultiEnd(7), account.PositionMultiEnd(8),
    )  # fmt: skip
    client.send(order(2, "SELL 40 AAPL MKT"))
    assert [row.position for row in client.of(account.PositionMulti)] == [60]
    client.send(account.CancelPositionsMulti(7), order(3, "SELL 10 AAPL MKT"))
    assert client.of(account.PositionMulti) == []
