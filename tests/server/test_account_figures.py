"""Account figures: at once, when something moves, every three minutes; summaries only changes."""

from decimal import Decimal

import pytest

from papertape.server.figure_rows import LEDGER
from papertape.venue.broker.profile import Profile
from papertape.wire.catalogue import account, reports, session
from papertape.wire.message import Message
from server.pair import VERSIONS, Client, Hall, Stopwatch
from server.shown import lines
from server.test_station import order
from walks import walk


def following() -> tuple[Hall, Client]:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(account.ReqAccountUpdates(True, "DU1234567")).got()
    return hall, client


@pytest.mark.long
@walk("version", VERSIONS)
def test_updates_bring_values_portfolio_time_and_the_end(version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client(1, version)
    client.send(order(1, "BUY 100 AAPL MKT")).got()
    client.send(account.ReqAccountUpdates(True, ""))
    got = client.got()
    kinds = list(dict.fromkeys(type(message).__name__ for message in got))
    assert kinds == ["AccountValue", "PortfolioValue", "AccountUpdateTime", "AccountDataEnd"]
    values = {(m.key, m.currency): m.value for m in got if isinstance(m, account.AccountValue)}
    assert values["AccountType", ""] and values["NetLiquidation", "USD"]
    (held,) = [m for m in got if isinstance(m, account.PortfolioValue)]
    assert (held.contract.symbol, held.position) == ("AAPL", Decimal(100))
    assert held.marketPrice == 257.67
    times = [m.timeStamp for m in got if isinstance(m, account.AccountUpdateTime)]
    assert times == ["10:00"] * 2, "that of the position, and that of all"


def test_unchanged_figures_come_again_after_three_minutes_and_not_before() -> None:
    hall, client = following()
    hall.wait(179)
    assert client.got() == []
    hall.wait(1)
    first = client.got()
    assert first and not [m for m in first if isinstance(m, account.AccountDataEnd)]
    hall.wait(180)
    assert len(client.got()) == len(first)


@pytest.mark.parametrize("wait", [0.0, 0.5])
def test_what_comes_after_three_minutes_is_at_the_prices_of_then(wait: float) -> None:
    """Also where the second of some prices is that of all of them."""
    hall = Hall()
    hall.quote("AAPL 100 x 100")
    client = hall.client()
    client.send(order(1, "BUY 10 AAPL MKT"))
    client.got()
    hall.wait(wait)
    client.send(account.ReqAccountUpdates(True, "")).got()
    hall.quote("AAPL 110 x 110")
    hall.wait(181)
    told = client.of(account.AccountValue)
    assert [row.value for row in told if row.key == "StockMarketValue"] == ["1100.00"] * 2


def test_a_fill_brings_the_figures_at_once_and_starts_the_three_minutes_anew() -> None:
    hall, client = following()
    hall.wait(100)
    client.send(order(1, "BUY 100 AAPL MKT"))
    got = client.got()
    assert lines(got)[7] == "commissionAndFeesReport 1.0003"
    assert isinstance(got[8], account.AccountValue)
    assert [m.position for m in got if isinstance(m, account.PortfolioValue)] == [100]
    hall.wait(179)
    assert client.got() == []
    hall.wait(1)
    assert client.got()


def test_several_fills_of_one_turn_bring_the_figures_once() -> None:
    _, client = following()
    client.send(*(order(number, "BUY 1 AAPL MKT") for number in range(1, 11)))
    got = client.got()
    assert len([m for m in got if isinstance(m, account.AccountUpdateTime)]) == 2
    assert [m.position for m in got if isinstance(m, account.PortfolioValue)] == [10]


def test_a_client_that_does_not_read_gets_the_present_figures_when_it_does() -> None:
    hall, client = following()
    trader = hall.client(2)
    client.session.paused = True
    for number in range(1, 6):
        trader.send(order(number, "BUY 1 AAPL MKT"))
        hall.wait(1)
    assert client.got() == []
    assert hall.station.figures.next_due() is None
    client.session.paused = False
    hall.wait(0)
    got = client.got()
    assert [m.position for m in got if isinstance(m, account.PortfolioValue)] == [5]
    hall.wait(179)
    assert client.got() == []


def test_another_account_ends_the_first_with_a_notice_and_the_same_one_without() -> None:
    hall = Hall(profile=Profile(accounts=("DU1", "DU2")))
    client = hall.client()
    client.send(account.ReqAccountUpdates(True, "DU1")).got()
    client.send(account.ReqAccountUpdates(True, "DU1"))
    assert client.errors() == []
    client.send(account.ReqAccountUpdates(True, "DU2"))
    first, *rest = client.got()
    assert (first.id, first.errorCode) == (-1, 2100)
    assert first.errorMsg == (
        "New account data requested from TWS. API client has been unsubscribed from account data."
    )
    assert {m.accountName for m in rest if isinstance(m, account.AccountValue)} == {"DU2"}
    hall.wait(200)
    assert {m.accountName for m in client.of(account.AccountValue)} == {"DU2"}


def test_clients_follow_the_same_account_or_get_2101_and_go_on_as_before() -> None:
    hall = Hall(profile=Profile(accounts=("DU1", "DU2")))
    first, second, third = hall.client(0), hall.client(7), hall.client(12)

    def follow(client: Client, code: str) -> tuple[set[str], list[int]]:
        got = client.send(account.ReqAccountUpdates(True, code)).got()
        errors = [one for one in got if isinstance(one, session.ErrorMessage)]
        assert all(one.id == -1 for one in errors)
        told.extend(one.errorMsg for one in errors)
        ends = {one.accountName for one in got if isinstance(one, account.AccountDataEnd)}
        return ends, [one.errorCode for one in errors]

    told: list[str] = []
    assert follow(first, "DU1") == ({"DU1"}, [])
    assert follow(second, "DU2") == (set(), [2101])
    assert follow(second, "DU1") == ({"DU1"}, [])
    assert follow(third, "DU2") == (set(), [2101]), "two clients are in its way"
    assert follow(first, "DU2") == (set(), [2101]), "the other one still follows its account"
    text = "Unable subscribe to account as the following clients are subscribed to a "
    text += "different account."
    assert told == [text + "{0}", text + "{0, 7}", text + "{7}"]
    first.got(), second.got()
    hall.wait(200)
    assert {m.accountName for m in first.of(account.AccountValue)} == {"DU1"}, "it goes on"
    third.send(account.ReqAccountUpdatesMulti(1, "DU2", "", False))
    assert {m.account for m in third.of(account.AccountUpdateMulti)} == {"DU2"}
    second.send(account.ReqAccountUpdates(False, "DU1"))
    assert follow(first, "DU2") == ({"DU2"}, [2100])
    second.got(), first.leave()
    assert follow(second, "DU1") == ({"DU1"}, [])


def test_unsubscribing_ends_the_figures() -> None:
    hall, client = following()
    client.send(account.ReqAccountUpdates(False, ""))
    hall.wait(400)
    client.send(order(1, "BUY 1 AAPL MKT"))
    assert not [m for m in client.got() if isinstance(m, account.AccountValue)]
    assert hall.station.figures.next_due() is None


# ---------------------------------------------------------------- reqAccountUpdatesMulti


def test_multi_updates_carry_their_number_and_come_again() -> None:
    hall = Hall()
    client = hall.client()
    client.send(account.ReqAccountUpdatesMulti(4, "DU1234567", "", False))
    first = client.got()
    assert lines(first)[-1] == "accountUpdateMultiEnd 4"
    assert {m.reqId for m in first} == {4}
    hall.wait(180)
    assert len(client.got()) == len(first) - 1
    client.send(account.CancelAccountUpdatesMulti(4))
    hall.wait(400)
    assert client.got() == []


def test_ledger_and_net_liquidation_is_a_part_of_the_keys() -> None:
    client = Hall().client()
    client.send(account.ReqAccountUpdatesMulti(4, "", "", True))
    keys = {m.key for m in client.of(account.AccountUpdateMulti)}
    assert keys and keys <= LEDGER
    assert "BuyingPower" not in keys


# ---------------------------------------------------------------- reqAccountSummary

TAGS = "NetLiquidation,TotalCashValue, BuyingPower,"


def test_a_summary_has_every_tag_once_and_the_end() -> None:
    client = Hall().client()
    client.send(account.ReqAccountSummary(5, "All", TAGS))
    assert lines(client.got()) == [
        "accountSummary 5 BuyingPower",
        "accountSummary 5 NetLiquidation",
        "accountSummary 5 TotalCashValue",
        "accountSummaryEnd 5",
    ]


def ledger_of(client: Client, group: str = "All") -> dict[tuple[str, str, str], str]:
    """The rows of a summary with the cash of every currency, by account, tag and currency."""
    client.send(account.ReqAccountSummary(5, group, "NetLiquidation,$LEDGER:ALL"))
    rows = client.of(account.AccountSummary)
    found = {(row.account, row.tag, row.currency): row.value for row in rows}
    assert len(found) == len(rows)
    return found


def test_a_ledger_is_that_of_the_group_and_has_its_name() -> None:
    found = ledger_of(Hall().client())
    own = {key: value for key, value in found.items() if key[0] != "All"}
    assert own == {("DU1234567", "NetLiquidation", "USD"): "1000000.00"}
    assert found["All", "AccountOrGroup", "BASE"] == found["All", "AccountOrGroup", "USD"] == "All"
    assert found["All", "TotalCashBalance", "USD"] == "1000000.00"
    assert found["All", "TotalCashBalance", "BASE"] == "1000000.00"


def test_several_accounts_have_one_ledger_together() -> None:
    hall = Hall(profile=Profile(accounts=("DU1", "DU2")))
    hall.quote("AAPL 99.98 x 100.00")
    client = hall.client()
    bought = order(1, "BUY 100 AAPL MKT")
    bought.order.account = "DU2"
    client.send(bought).got()
    found = ledger_of(client)
    assert {key[0] for key in found if key[1] == "NetLiquidation"} == {"DU1", "DU2"}
    assert {key[0] for key in found if key[1] != "NetLiquidation"} == {"All"}
    assert found["All", "StockMarketValue", "USD"] == "9999.00"
    cash = Decimal(found["All", "TotalCashBalance", "USD"])
    assert cash == Decimal(2_000_000) - Decimal("10000.00") - Decimal("1.00")
    assert abs(cash - Decimal(found["All", "TotalCashBalance", "BASE"])) < Decimal("0.01")


def test_a_summary_repeats_only_what_changed() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    client = hall.client()
    client.send(account.ReqAccountSummary(5, "All", "NetLiquidation,AccountType")).got()
    hall.wait(180)
    assert client.got() == []
    hall.client(2).send(order(1, "BUY 100 AAPL MKT"))
    assert lines(client.got()) == ["accountSummary 5 NetLiquidation"]


def test_a_third_summary_is_refused_until_one_is_cancelled() -> None:
    client = Hall().client()
    for number in (1, 2):
        client.send(account.ReqAccountSummary(number, "All", "NetLiquidation")).got()
    client.send(account.ReqAccountSummary(3, "All", "NetLiquidation"))
    assert client.errors() == [
        (3, 322, ("Error processing request.-'bN' : cause - Maximum number of account summary "
                 "requests exceeded; desubscribe to previous request first")),
    ]  # fmt: skip
    client.send(account.CancelAccountSummary(1), account.ReqAccountSummary(3, "All", "BuyingPower"))
    assert lines(client.got()) == ["accountSummary 3 BuyingPower", "accountSummaryEnd 3"]


def test_two_summaries_each_and_every_client() -> None:
    hall = Hall()
    for number in (1, 2):
        client = hall.client(number)
        for request in (1, 2):
            client.send(account.ReqAccountSummary(request, "All", "NetLiquidation"))
        assert client.errors() == []


@pytest.mark.parametrize(
    ("request_", "about"),
    [(account.ReqAccountUpdates(True, "U1"), -1), (account.ReqAccountUpdatesMulti(8, "U1"), 8)],
)
def test_an_unknown_account_is_refused(request_: Message, about: int) -> None:
    client = Hall().client()
    client.send(request_)
    text = "Error validating request.-'bN' : cause - Invalid account code"
    assert client.errors() == [(about, 321, text)]


def test_figures_for_many_come_in_slices_and_the_latest_once() -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    clients = [hall.client(number) for number in (1, 2, 3)]
    for client in clients:
        client.send(account.ReqAccountUpdates(True, "DU1234567")).got()
    station = hall.station
    station.timing.stopwatch = Stopwatch(1.0)

    def work() -> list[list[Message]]:
        station.step(hall.now)
        station.flush()
        return [client.of(account.PortfolioValue) for client in clients]

    hall.station.receive(
        clients[0].session, clients[0].connection.send(order(1, "BUY 100 AAPL MKT")), hall.now
    )
    station.flush()
    told = [client.got() for client in clients]
    assert any(isinstance(row, reports.CommissionReport) for row in told[0]), "the fill comes first"
    assert not any(isinstance(row, account.AccountValue) for rows in told for row in rows)
    assert station.next_due() == hall.now, "who follows is told at once"
    assert [len(rows) for rows in work()] == [1, 0, 0]
    assert station.next_due() == hall.now, "and the others after that"
    hall.station.receive(
        clients[0].session, clients[0].connection.send(order(2, "BUY 50 AAPL MKT")), hall.now
    )
    seen: list[list[Message]] = [[], [], []]
    station.flush()
    while (due := station.next_due()) is not None and due <= hall.now:
        for rows, more in zip(seen, work(), strict=True):
            rows += more
    positions = [[row.position for row in rows] for rows in seen]  # type: ignore[attr-defined]
    assert [told[-1] for told in positions] == [150, 150, 150]
    assert positions[2] == [150], "what changes while it waits comes once"


@pytest.mark.long
@walk("version", VERSIONS)
def test_what_is_encoded_for_many_is_what_one_receives(version: int) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    first, second = hall.client(1, version), hall.client(2, version)
    for number, client in ((300, first), (7, second)):
        client.send(account.ReqAccountUpdates(True, ""))
        if version >= 103:
            client.send(account.ReqAccountUpdatesMulti(number, "DU1234567", "", False))
        client.got()
    first.send(order(1, "BUY 100 AAPL MKT"))
    got = [client.got() for client in (first, second)]
    updates = [
        [m for m in some if isinstance(m, account.AccountValue | account.PortfolioValue)]
        for some in got
    ]
    assert updates[0] == updates[1] and 40 < len(updates[0]) < 80, "what has changed"
    multi = [[m for m in some if isinstance(m, account.AccountUpdateMulti)] for some in got]
    if version >= 103:
        assert {m.reqId for m in multi[0]} == {300}
        values = [[(m.key, m.currency, m.value) for m in some] for some in multi]
        assert values[0] == values[1]
        rows = [(m.key, m.currency, m.value) for m in updates[0] if hasattr(m, "key")]
        assert values[0] == rows


def test_a_wire_log_and_a_feed_get_every_single_message() -> None:
    _, client = following()
    seen: list[Message] = []
    client.session.on_send = lambda session, message, encoded: seen.append(message)
    client.send(order(1, "BUY 100 AAPL MKT"))
    sent = client.got()
    assert [
        type(m) for m in seen if isinstance(m, account.AccountValue | account.PortfolioValue)
    ] == [type(m) for m in sent if isinstance(m, account.AccountValue | account.PortfolioValue)]
