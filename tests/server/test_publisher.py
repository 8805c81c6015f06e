"""The callback sequences of a live paper gateway, message by message, duplicates included.

Each table is one client's view: rows that begin with a verb act, the rows below them are what
the client is sent, in this order and nothing else.
"""

from decimal import Decimal
from typing import Any

import pytest

from papertape.model import Contract
from papertape.venue.broker.profile import Profile
from papertape.wire.catalogue import account, orders, reports
from papertape.wire.connection import encode
from server.pair import VERSIONS, Client, Hall
from server.shown import expected, lines
from server.test_station import order
from walks import walk

VERBS = ("quote", "trade", "submit", "cancel", "clock")


def play(table: str, *, version: int = 226, profile: Profile | None = None) -> Hall:
    """Act and compare, row by row."""
    hall = Hall(profile=profile)
    client = hall.client(1, version)
    for row, messages in steps(table):
        act(hall, client, row)
        got = lines(client.got())
        assert got == messages, f"{row}\n  expected {messages}\n  got      {got}"
    return hall


def steps(table: str) -> list[tuple[str, list[str]]]:
    found: list[tuple[str, list[str]]] = []
    for line in table.strip().splitlines():
        if line.split()[0] in VERBS:
            found.append((line.strip(), []))
        else:
            found[-1][1].extend(expected(line))
    return found


def act(hall: Hall, client: Client, row: str) -> None:
    verb, _, rest = row.partition(" ")
    if verb == "quote":
        hall.quote(rest)
    elif verb == "trade":
        hall.trade(rest)
    elif verb == "clock":
        hall.wait(float(rest))
    elif verb == "cancel" and rest.strip() == "all":
        client.send(orders.ReqGlobalCancel())
    elif verb == "cancel":
        client.send(orders.CancelOrder(int(rest.strip().lstrip("#"))))
    else:
        number, _, words = rest.strip().partition(" ")
        client.send(order(int(number.lstrip("#")), words))


SEQUENCES = {
    "market order, one fill: the filled pair twice, the commission with the second": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL MKT
            openOrder #1 PreSubmitted;          orderStatus #1 PreSubmitted 0+100
            execDetails -1 #1 BOT 100 @ 257.68
            openOrder #1 Filled;                orderStatus #1 Filled 100+0
            openOrder #1 Filled fee 1.0003;     orderStatus #1 Filled 100+0
            commissionAndFeesReport 1.0003
        submit  #2 SELL 100 AAPL MKT
            openOrder #2 Submitted;             orderStatus #2 Submitted 0+100
            execDetails -1 #2 SLD 100 @ 257.66
            openOrder #2 Filled;                orderStatus #2 Filled 100+0
            openOrder #2 Filled fee 1.55058;    orderStatus #2 Filled 100+0
            commissionAndFeesReport 1.55058 pnl -4.55088
    """,
    "market order, several fills: a burst each, the commission cumulative": """
        quote   AAPL 257.66 x 257.68*60
        submit  #1 BUY 100 AAPL MKT
            openOrder #1 PreSubmitted;          orderStatus #1 PreSubmitted 0+100
            execDetails -1 #1 BOT 60 @ 257.68
            openOrder #1 Submitted;             orderStatus #1 Submitted 60+40
            openOrder #1 Submitted fee 1.00018; orderStatus #1 Submitted 60+40
            commissionAndFeesReport 1.00018
        quote   AAPL 257.66 x 257.70*40
            execDetails -1 #1 BOT 40 @ 257.7
            openOrder #1 Filled fee 1.00018;    orderStatus #1 Filled 100+0
            openOrder #1 Filled fee 1.0003;     orderStatus #1 Filled 100+0
            commissionAndFeesReport 0.00012
    """,
    "limit order resting: the pair twice": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
    """,
    "good till cancelled: PreSubmitted, then Submitted": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL LMT 250 GTC
            openOrder #1 PreSubmitted;          orderStatus #1 PreSubmitted 0+100
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
    """,
    "modify: the new pair twice": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
        submit  #1 BUY 50 AAPL LMT 251
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+50
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+50
    """,
    "modify to marketable: the new pair, then the fill": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
        submit  #1 BUY 100 AAPL LMT 258
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
            execDetails -1 #1 BOT 100 @ 257.68
            openOrder #1 Filled;                orderStatus #1 Filled 100+0
            openOrder #1 Filled fee 1.0003;     orderStatus #1 Filled 100+0
            commissionAndFeesReport 1.0003
    """,
    "cancel in session: the status, then 202; no PendingCancel": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
        cancel  #1
            orderStatus #1 Cancelled 0+100;     error 1 202
        cancel  #1
            error 1 10148
        cancel  #9
            error 9 10147
    """,
    "global cancel: the normal flow for each": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
        submit  #2 BUY 2 AAPL LMT 250
            openOrder #2 Submitted;             orderStatus #2 Submitted 0+2
            openOrder #2 Submitted;             orderStatus #2 Submitted 0+2
        cancel  all
            orderStatus #1 Cancelled 0+1;       error 1 202
            orderStatus #2 Cancelled 0+2;       error 2 202
    """,
    "immediate or cancel, unfilled": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL LMT 250 IOC
            openOrder #1 PendingCancel;         orderStatus #1 PendingCancel 0+100
            orderStatus #1 Cancelled 0+100;     error 1 202
    """,
    "fill or kill, unfillable": """
        quote   AAPL 257.66 x 257.68*99
        submit  #1 BUY 100 AAPL LMT 257.68 FOK
            openOrder #1 Inactive;              orderStatus #1 Inactive 0+100
    """,
    "beyond the price band": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL LMT 290
            openOrder #1 PreSubmitted;          orderStatus #1 PreSubmitted 0+100
            openOrder #1 PendingCancel;         orderStatus #1 PendingCancel 0+100
            orderStatus #1 Cancelled 0+100;     error 1 202
    """,
    "rejected for margin: the error first, then the pair": """
        quote   AAPL 257.66 x 257.68*900000
        submit  #1 BUY 900000 AAPL MKT
            error 1 201
            openOrder #1 Inactive;              orderStatus #1 Inactive 0+900000
    """,
    "refused before acceptance: the error only, and the id stays unused": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 NOSUCH MKT
            error 1 200
        submit  #1 BUY 100 AAPL LMT 250.001
            error 1 110
        submit  #1 BUY 0 AAPL MKT
            error 1 434
        submit  #0 BUY 1 AAPL MKT
            error 0 10149
        submit  #1 BUY 1 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
    """,
    "not transmitted: nothing at all, then as new": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250 transmit=false
        submit  #1 BUY 1 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
    """,
    "what if: one openOrder, no status, and the id stays unused": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL MKT whatIf=true
            openOrder #1 PreSubmitted fee 1.0003
        submit  #1 BUY 1 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
    """,
    "the day ends: a day order is cancelled": """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 1 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+1
        clock   86400
            orderStatus #1 Cancelled 0+1;       error 1 202
    """,
    "the resting limit is filled by a quote": """
        quote   AAPL 257.66 x 257.68
        submit  #1 SELL 100 AAPL LMT 258
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
        quote   AAPL 258.00*30 x 258.01
            execDetails -1 #1 SLD 30 @ 258
            openOrder #1 Submitted;             orderStatus #1 Submitted 30+70
            openOrder #1 Submitted fee 1.165384; orderStatus #1 Submitted 30+70
            commissionAndFeesReport 1.165384
        cancel  #1
            orderStatus #1 Cancelled 30+70;     error 1 202
    """,
}


@pytest.mark.long
@walk("name", SEQUENCES)
def test_sequence(name: str) -> None:
    play(SEQUENCES[name])


@pytest.mark.long
@walk("version", VERSIONS)
def test_sequences_are_the_same_at_every_version(version: int) -> None:
    play(SEQUENCES["market order, several fills: a burst each, the commission cumulative"],
         version=version)  # fmt: skip


def test_pairs_come_once_where_the_profile_says_so() -> None:
    table = """
        quote   AAPL 257.66 x 257.68
        submit  #1 BUY 100 AAPL LMT 250
            openOrder #1 Submitted;             orderStatus #1 Submitted 0+100
    """
    play(table, profile=Profile(duplicate_pairs=False))


# ---------------------------------------------------------------- what the messages say


def placed(version: int = 226) -> tuple[Hall, Client, list[object]]:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    client.send(order(1, "BUY 100 AAPL MKT"))
    return hall, client, client.got()


def test_open_order_and_status_name_the_same_order() -> None:
    _, _, got = placed()
    opened = [m for m in got if isinstance(m, reports.OpenOrder)]
    told = [m for m in got if isinstance(m, reports.OrderStatus)]
    assert {(m.order.permId, m.order.clientId, m.orderId) for m in opened} == {
        (m.permId, m.clientId, m.orderId) for m in told
    }
    assert [m.orderState.status for m in opened] == [m.status for m in told]
    assert told[-1].avgFillPrice == told[-1].lastFillPrice == 257.68
    assert told[0].avgFillPrice == 0


@pytest.mark.long
@walk(
    ("version", "time"),
    [(226, "20260413 10:00:01 US/Eastern"), (174, "20260413 10:00:01 US/Eastern"),
     (173, "20260413  10:00:01"), (100, "20260413  10:00:01")],
)  # fmt: skip
def test_an_execution_carries_its_time_as_the_version_expects(version: int, time: str) -> None:
    _, _, got = placed(version)
    (details,) = [m for m in got if isinstance(m, reports.ExecutionDetails)]
    assert details.execution.time == time
    assert details.contract.exchange == details.execution.exchange == "NASDAQ"
    assert details.execution.execId.count(".") == 3


def test_the_commission_report_names_its_execution() -> None:
    _, _, got = placed()
    (details,) = [m for m in got if isinstance(m, reports.ExecutionDetails)]
    (report,) = [m for m in got if isinstance(m, reports.CommissionReport)]
    assert report.execId == details.execution.execId
    assert (report.currency, report.realizedPNL) == ("USD", None)


# ---------------------------------------------------------------- who is told


def test_orders_concern_their_own_client_only() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    one, two = hall.client(1), hall.client(2)
    one.send(order(1, "BUY 1 AAPL MKT"))
    assert two.got() == []
    two.send(order(1, "BUY 1 AAPL LMT 250"))
    assert lines(two.got())[0] == "openOrder #1 Submitted"
    assert "commissionAndFeesReport 1.000003" in lines(one.got())
    one.send(orders.CancelOrder(1))
    assert lines(one.got()) == ["error 1 10148"]
    assert two.got() == []


def test_a_global_cancel_is_told_to_the_owners() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    one, two = hall.client(1), hall.client(2)
    one.send(order(5, "BUY 1 AAPL LMT 250")).got()
    two.send(orders.ReqGlobalCancel())
    assert lines(one.got()) == ["orderStatus #5 Cancelled 0+1", "error 5 202"]
    assert two.got() == []


def test_positions_go_to_everyone_who_follows_them_and_once_a_command() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    one, two, three = (hall.client(number) for number in (1, 2, 3))
    for client in (one, two):
        assert lines(client.send(account.ReqPositions()).got()) == ["positionEnd"]
    one.send(order(1, "BUY 100 AAPL MKT"))
    assert lines(one.got())[-1] == "position AAPL 100"
    assert lines(two.got()) == ["position AAPL 100"]
    assert three.got() == []
    two.send(account.CancelPositions())
    one.send(order(2, "BUY 100 AAPL MKT"))
    assert two.got() == []


def test_a_position_row_has_its_contract_and_cost() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(account.ReqPositions(), order(1, "BUY 100 AAPL MKT"))
    row = client.of(account.Position)[-1]
    contract: Contract = row.contract
    assert (row.account, contract.conId, contract.exchange) == ("DU1234567", 265598, "NASDAQ")
    assert row.position == Decimal(100)
    assert row.avgCost == pytest.approx(257.690003)


def test_what_is_told_twice_is_encoded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    owner, other = hall.client(1), hall.client(2, 176)
    encoded: list[str] = []

    def counting(message: Any, version: int) -> bytes:
        encoded.append(type(message).__name__)
        return encode(message, version)

    monkeypatch.setattr("papertape.server.sessions.session.encode", counting)
    owner.send(order(1, "BUY 1 AAPL LMT 250"))
    first, second = owner.of(reports.OpenOrder)
    assert first == second
    assert encoded == ["OpenOrder", "OrderStatus"]
    owner.send(order(1, "BUY 1 AAPL LMT 251"))
    assert {told.order.lmtPrice for told in owner.of(reports.OpenOrder)} == {251}
    assert encoded == ["OpenOrder", "OrderStatus"] * 2
    other.send(orders.ReqAllOpenOrders())
    assert [told.order.lmtPrice for told in other.of(reports.OpenOrder)] == [251]


@pytest.mark.parametrize("version", [v for v in VERSIONS if v >= 103])
def test_a_position_is_worked_out_once_for_all_who_follow_it(
    version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    clients = [hall.client(number, version) for number in (1, 2, 3)]
    for place, client in enumerate(clients):
        client.send(account.ReqPositions())
        client.send(account.ReqPositionsMulti(300 + place, "DU1234567", "")).got()
    queries, asked = hall.station.queries, []
    position = queries.position

    def counted(*place: Any) -> Any:
        asked.append(place)
        return position(*place)

    monkeypatch.setattr(queries, "position", counted)
    clients[0].send(order(1, "BUY 100 AAPL MKT"))
    for place, client in enumerate(clients):
        got = client.got()
        (row,) = [one for one in got if isinstance(one, account.Position)]
        (multi,) = [one for one in got if isinstance(one, account.PositionMulti)]
        assert (row.account, row.contract.symbol, row.position) == ("DU1234567", "AAPL", 100)
        assert multi.reqId == 300 + place
        assert (multi.contract, multi.position, multi.avgCost) == (
            row.contract, row.position, row.avgCost,
        )  # fmt: skip
    assert asked == [("DU1234567", 265598)]
