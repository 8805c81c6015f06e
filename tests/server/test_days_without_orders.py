"""Days on which nobody orders anything end as well, for whoever looks at an account."""

from decimal import Decimal

import pytest

from papertape.model import Contract, Order
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import ConvertCash, ReceivePosition, SetMarginModel, StartingPosition
from papertape.venue.invariants import check
from papertape.venue.units import SIZE_SCALE
from papertape.wire.catalogue.account import (
    AccountUpdateMulti,
    CancelAccountUpdatesMulti,
    ReqAccountUpdatesMulti,
)
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.pnl import CancelPnL, PnL, ReqPnL
from server.pair import Client, Hall
from walks import walk

AAPL = Contract(conId=265598, exchange="SMART")
DAY_S = 86_400


def traded(client: Client, number: int, size: int) -> None:
    side = "BUY" if size > 0 else "SELL"
    order = Order(action=side, totalQuantity=Decimal(abs(size)), orderType="MKT", tif="DAY")
    client.send(PlaceOrder(number, AAPL, order)).got()


def profit(client: Client) -> tuple[float, float]:
    """Of the day, and what was realized on it."""
    client.send(ReqPnL(9, "DU1234567"))
    client.hall.wait(2)
    found = client.of(PnL)[-1]
    client.send(CancelPnL(9)).got()
    assert found.dailyPnL is not None
    return found.dailyPnL, found.realizedPnL or 0.0


def figures(client: Client) -> dict[tuple[str, str], str]:
    client.send(ReqAccountUpdatesMulti(8, "DU1234567", "", False))
    got = client.of(AccountUpdateMulti)
    client.send(CancelAccountUpdatesMulti(8)).got()
    return {(one.key, one.currency): one.value for one in got}


def ready(profile: Profile | None = None) -> tuple[Hall, Client]:
    hall = Hall(profile=profile)
    client = hall.client()
    hall.quote("AAPL 100.00 x 100.00")
    return hall, client


def test_the_profit_of_a_day_begins_anew_on_each() -> None:
    hall, client = ready()
    traded(client, 1, 100)
    traded(client, 2, -10)
    for price in (103, 104, 110):
        hall.wait(DAY_S)
        hall.quote(f"AAPL {price}.00 x {price}.00")
        daily, realized = profit(client)
        assert daily == pytest.approx(90 * {103: 3, 104: 1, 110: 6}[price])
        assert realized == 0
    check(hall.station.engine)


def test_what_was_realized_is_of_its_day_though_nothing_is_held() -> None:
    hall, client = ready()
    traded(client, 1, 100)
    hall.wait(3 * DAY_S)
    traded(client, 2, -100)
    assert profit(client)[1] < 0, "the commissions"
    for _ in range(3):
        hall.wait(DAY_S)
        assert profit(client) == (0, 0)


def test_a_sale_of_a_cash_account_settles_on_its_day() -> None:
    hall, client = ready()
    hall.station.carry_out(SetMarginModel("DU1234567", "cash"))
    traded(client, 1, 100)
    hall.wait(3 * DAY_S)
    traded(client, 2, -100)
    unsettled = figures(client)
    hall.wait(2 * DAY_S)  # Thursday's sale is settled on Friday
    settled = figures(client)
    assert settled["TotalCashValue", "USD"] == unsettled["TotalCashValue", "USD"]
    funds = [float(one["BuyingPower", "USD"]) for one in (unsettled, settled)]
    assert funds[1] - funds[0] == pytest.approx(10_000, abs=2)


@walk("begin", ["holding", "foreign cash", "brought"])
def test_who_never_ordered_has_days_too(begin: str) -> None:
    profile = Profile(positions=("AAPL 100 @ 90",)) if begin == "brought" else None
    hall, client = ready(profile)
    if begin == "foreign cash":
        hall.quote("EUR 1.20 x 1.20")
    hall.station.step(hall.now)
    if begin == "holding":
        one = StartingPosition(AAPL.conId, 100 * SIZE_SCALE)
        hall.station.carry_out(ReceivePosition("DU1234567", one))
    elif begin == "foreign cash":
        hall.station.carry_out(ConvertCash("DU1234567", "USD", 120 * 10**6, "EUR"))
    hall.settle()
    for number in (1, 2, 3):
        hall.wait(DAY_S)
        hall.quote(f"AAPL 10{number}.00 x 10{number}.00")
        if begin == "foreign cash":
            hall.quote(f"EUR 1.2{number} x 1.2{number}")
        assert profit(client)[0] == pytest.approx(1 if begin == "foreign cash" else 100), number
