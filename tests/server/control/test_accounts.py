"""Accounts over the control API: opened and changed while clients are connected, kept, refused."""

from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

from papertape.codes import text
from papertape.errors import JournalError
from papertape.server.persistence import Keeper
from papertape.store.journal import Journal
from papertape.venue.broker.profile import Profile
from papertape.venue.engine import Engine
from papertape.venue.entries import OLDEST, SCHEMA
from papertape.wire.catalogue import account as wire
from papertape.wire.catalogue import reports, session
from server.control.api import Api
from server.control.test_routes import with_api
from server.pair import Hall
from server.test_station import order

pytestmark = pytest.mark.network

FIRST = "DU1234567"


def quoted_hall(**more: Any) -> Hall:
    hall = Hall(**more)
    hall.quote("AAPL 257.66 x 257.68")
    return hall


async def put(api: Api, path: str, body: Any, status: int = 200) -> Any:
    return await api.ask("PUT", path, status, body)


def test_an_account_is_opened_as_it_is_asked_for() -> None:
    async def main(api: Api) -> None:
        plain = await api.post("/accounts", {"account": "DU2"})
        assert (plain["currency"], plain["cash"]) == ("USD", 1_000_000)
        assert (plain["margin_model"], plain["fee_plan"]) == ("portfolio", "fixed")
        body = {"account": "DU3", "currency": "EUR", "cash": "50000.25",
                "margin_model": "reg_t", "fee_plan": "none"}  # fmt: skip
        made = await api.post("/accounts", body)
        assert (made["currency"], made["cash"], made["daily_pnl"]) == ("EUR", 50_000.25, 0)
        assert (made["margin_model"], made["fee_plan"]) == ("reg_t", "none")
        assert [row["account"] for row in await api.get("/accounts")] == [FIRST, "DU2", "DU3"]
        assert await api.get("/accounts/DU3") == made
        (opened, *_) = await api.get("/events?kind=account")
        assert opened["facts"]["accounts"][0] == "DU2"

    with_api(main)


def test_an_account_may_be_opened_empty() -> None:
    async def main(api: Api) -> None:
        assert (await api.post("/accounts", {"account": "DU2", "cash": "0"}))["cash"] == 0

    with_api(main)


def test_a_client_finds_a_new_account_when_it_asks_and_may_trade_for_it_at_once() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await api.post("/accounts", {"account": "DU2", "cash": "50000"})
        await client.send(session.ReqManagedAccts())
        told = await client.until(session.ManagedAccounts)
        lists = [one.accountsList for one in told if isinstance(one, session.ManagedAccounts)]
        assert lists == [f"{FIRST},DU2"]  # what it asked for, and nothing unasked before
        wanted = order(1, "BUY 10 AAPL MKT account=DU2")
        await client.send(wanted)
        await client.until(reports.CommissionReport)
        (held,) = await api.get("/positions")
        assert (held["account"], held["position"]) == ("DU2", "10")
        await client.send(order(2, "BUY 10 AAPL MKT"))  # whose it is must be said from now on
        await client.tells(session.ErrorMessage, errorCode=321)
        later = await api.served.raw()
        await later.write(later.connection.initiate())
        await later.read()
        await later.send(session.StartApi(5))
        await later.tells(session.ManagedAccounts, accountsList=f"{FIRST},DU2")

    with_api(main, quoted_hall())


def test_money_comes_and_goes_and_those_who_follow_the_account_are_told() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        await client.send(wire.ReqAccountUpdates(True, FIRST))
        await client.until(wire.AccountDataEnd)
        row = await api.post(f"/accounts/{FIRST}/deposits", {"amount": "250.50"})
        assert (row["cash"], row["daily_pnl"]) == (1_000_250.50, 0)
        cash = {"key": "TotalCashValue", "value": "1000250.50", "currency": "USD"}
        await client.tells(wire.AccountValue, **cash)
        row = await api.post(
            f"/accounts/{FIRST}/deposits", {"amount": "-1000250.50", "currency": "USD"}
        )
        assert (row["cash"], row["daily_pnl"]) == (0, 0)
        row = await api.post(f"/accounts/{FIRST}/deposits", {"amount": "100", "currency": "EUR"})
        assert row["cash"] == 115

    with_api(main)


def test_positions_come_and_cash_and_positions_move() -> None:
    async def main(api: Api) -> None:
        body = {"account": "DU2", "cash": "1000", "positions": ["AAPL 10 @ 200", "265598 5"]}
        made = await api.post("/accounts", body)
        assert (made["cash"], made["net_liquidation"]) == (1_000, 1_000 + 15 * 257.67)
        client = await api.served.client(4)
        await client.send(wire.ReqPositions())
        await client.until(wire.PositionEnd)
        await api.post("/accounts/DU2/positions", {"position": "AAPL -5"})
        await client.tells(wire.Position, account="DU2", position=10)
        await api.post("/accounts/DU2/transfers", {"to": FIRST, "what": "AAPL 4"})
        row = await api.post("/accounts/DU2/transfers", {"to": FIRST, "what": "250.50"})
        assert row["cash"] == 749.5
        held = {one["account"]: one["position"] for one in await api.get("/positions")}
        assert held == {"DU2": "6", FIRST: "4"}
        conversion = {"amount": "115", "currency": "USD", "into": "EUR"}
        await api.post(f"/accounts/{FIRST}/conversions", conversion)
        values = await api.get(f"/accounts/{FIRST}/values")
        cash = {v["currency"]: v["value"] for v in values if v["key"] == "CashBalance"}
        assert cash["EUR"] == "100.00"
        for path, bad in (("positions", {"position": "AAPL"}), ("conversions", conversion | {
            "amount": "1e3"}), ("transfers", {"to": "DU9", "what": "1"}),
            ("transfers", {"to": "DU2", "what": "AAPL 1 @ 5"})):  # fmt: skip
            await api.ask("POST", f"/accounts/{FIRST}/{path}", 409, bad)

    with_api(main, quoted_hall())


def test_dividends_splits_and_mergers() -> None:
    async def main(api: Api) -> None:
        await api.post("/accounts", {"account": "DU2", "cash": "0", "positions": ["AAPL 10"]})
        rows = await api.post("/dividends", {"share": "AAPL", "amount": "0.25"})
        assert [row["cash"] for row in rows] == [1_000_000, 2.5]
        await api.post("/splits", {"share": "265598", "ratio": "2:1"})
        (held,) = await api.get("/positions")
        assert held["position"] == "20"
        for path, bad in (
            ("dividends", {"share": "AAPL", "amount": "-1"}),
            ("splits", {"share": "AAPL", "ratio": "two"}),
            ("splits", {"share": "NOBODY", "ratio": "2:1"}),
            ("mergers", {"share": "AAPL", "terms": "two"}),
            ("mergers", {"share": "AAPL", "terms": "1:2 NOBODY"}),
        ):
            await api.ask("POST", f"/{path}", 409, bad)
        rows = await api.post("/mergers", {"share": "AAPL", "terms": "12.50"})
        assert [row["cash"] for row in rows] == [1_000_000, 2.5 + 20 * 12.5]
        (held,) = await api.get("/positions")
        assert held["position"] == "0"
        await api.ask("POST", "/mergers", 409, {"share": "AAPL", "terms": "12.50"})

    with_api(main, quoted_hall())


def test_spin_offs_and_new_symbols() -> None:
    async def main(api: Api) -> None:
        await api.post("/accounts", {"account": "DU2", "cash": "0", "positions": ["AAPL 10 @ 8"]})
        terms = {"share": "AAPL", "terms": "1:2 MSFT", "cost": "0.25"}
        rows = await api.post("/spin-offs", terms)
        assert [row["account"] for row in rows] == [FIRST, "DU2"]
        held = {row["symbol"]: row for row in await api.get("/positions")}
        assert {name: row["position"] for name, row in held.items()} == {"AAPL": "10", "MSFT": "5"}
        assert {name: row["average_cost"] for name, row in held.items()} == {"AAPL": 6, "MSFT": 4}
        await api.post("/symbol-changes", {"share": "AAPL", "symbol": "aplx"})
        held = {row["symbol"]: row["con_id"] for row in await api.get("/positions")}
        assert held["APLX"] == 265598 and "AAPL" not in held
        for path, bad in (
            ("spin-offs", terms),
            ("spin-offs", {**terms, "share": "APLX", "cost": "all"}),
            ("spin-offs", {**terms, "share": "APLX", "cost": "1.5"}),
            ("spin-offs", {**terms, "share": "APLX", "terms": "1:2 MSFT 3"}),
            ("symbol-changes", {"share": "AAPL", "symbol": "ZZZ"}),
            ("symbol-changes", {"share": "APLX", "symbol": "MSFT"}),
            ("symbol-changes", {"share": "APLX", "symbol": "<b>"}),
        ):
            await api.ask("POST", f"/{path}", 409, bad)
        await api.post("/symbol-changes", {"share": "265598", "symbol": "AAPL"})

    with_api(main, quoted_hall())


def test_margin_model_and_fee_plan_change() -> None:
    async def main(api: Api) -> None:
        client = await api.served.client(4)
        row = await put(api, f"/accounts/{FIRST}/fee-plan", {"plan": "none"})
        assert row["fee_plan"] == "none"
        await client.send(order(1, "BUY 100 AAPL MKT"))
        (*_, report) = await client.until(reports.CommissionReport)
        assert report.commissionAndFees == 0
        before = await api.get(f"/accounts/{FIRST}")
        after = await put(api, f"/accounts/{FIRST}/margin-model", {"model": "reg_t"})
        assert after["margin_model"] == "reg_t"
        assert after["maintenance_margin"] * 15 == pytest.approx(before["maintenance_margin"] * 25)

    with_api(main, quoted_hall())


REFUSED: dict[str, tuple[str, str, dict[str, str], int, str]] = {
    "a code that is taken": ("POST", "", {"account": FIRST}, 409, "already"),
    "a code with a comma": ("POST", "", {"account": "a,b"}, 409, "no comma"),
    "a currency of nowhere": ("POST", "", {"account": "A", "currency": "XAU"}, 409, "there are: A"),
    "cash in words": ("POST", "", {"account": "A", "cash": "much"}, 409, "such as 50000"),
    "cash without end": ("POST", "", {"account": "A", "cash": "1" * 200}, 409, "such as 50000"),
    "cash of no number": ("POST", "", {"account": "A", "cash": "NaN"}, 409, "such as 50000"),
    "cash too fine": ("POST", "", {"account": "A", "cash": "0.0000001"}, 409, "six decimals"),
    "a debt": ("POST", "", {"account": "A", "cash": "-1"}, 409, "opens with 0 to"),
    "a model of nowhere": ("POST", "", {"account": "A", "margin_model": "x"}, 409, "portfolio"),
    "a plan of nowhere": (
        "POST",
        "",
        {"account": "A", "fee_plan": "x"},
        409,
        "fixed, tiered, none",
    ),
    "no money": ("POST", f"/{FIRST}/deposits", {"amount": "0"}, 409, "not be 0"),
    "more than there is": ("POST", f"/{FIRST}/deposits", {"amount": "-1000001"}, 409, "1,000,000"),
    "money for nobody": ("POST", "/DU9/deposits", {"amount": "1"}, 404, f"there are: {FIRST}"),
    "another model": ("PUT", f"/{FIRST}/margin-model", {"model": "x"}, 409, "portfolio, reg_t"),
    "another plan": ("PUT", f"/{FIRST}/fee-plan", {"plan": "x"}, 409, "fixed, tiered, none"),
    "a model for nobody": ("PUT", "/DU9/margin-model", {"model": "reg_t"}, 404, "DU9"),
    "a plan for nobody": ("PUT", "/DU9/fee-plan", {"plan": "none"}, 404, "DU9"),
}


def test_what_cannot_be_is_refused_and_leaves_no_trace() -> None:
    async def main(api: Api) -> None:
        engine = api.hall.station.engine
        before = engine.state_hash()
        for name, (method, path, body, status, words) in REFUSED.items():
            answer = await api.ask(method, f"/accounts{path}", status, body)
            assert words in answer["detail"], name
        await api.get("/accounts/DU9", 404)
        assert engine.state_hash() == before

    with_api(main)


def test_a_code_with_a_slash_is_found_as_well() -> None:
    async def main(api: Api) -> None:
        row = await api.post("/accounts/DU%2F1/deposits", {"amount": "5"})
        assert row == await api.get("/accounts/DU%2F1")
        assert await api.get("/accounts/DU%2F1/values")

    with_api(main, Hall(profile=Profile(accounts=("DU/1",))))


def test_without_the_broker_accounts_stay_as_they_are() -> None:
    async def main(api: Api) -> None:
        await api.post("/drills", {"text": "link-lost"})
        body = {"account": "DU2"}
        assert "broker" in (await api.post("/accounts", body, 409))["detail"]
        assert (
            "broker"
            in (await api.post(f"/accounts/{FIRST}/deposits", {"amount": "1"}, 409))["detail"]
        )
        await api.post("/drills", {"text": "link-restored"})
        await api.post("/accounts", body)

    with_api(main)


def test_a_station_that_hangs_does_nothing_for_accounts_either() -> None:
    async def main(api: Api) -> None:
        api.hall.station.timing.frozen = True
        assert "hangs" in (await api.post("/accounts", {"account": "DU2"}, 409))["detail"]

    with_api(main)


def reopened(path: Path) -> Engine:
    with Journal.open(path, schema_version=SCHEMA, oldest=OLDEST) as journal:
        engine = Engine(None)
        Keeper(journal).recover(engine)
        return engine


def test_what_was_answered_is_in_the_journal_by_then(tmp_path: Path) -> None:
    """As kill -9 right after the answer leaves it: the files, copied before any further turn."""
    path = tmp_path / "journal.sqlite"

    def killed(name: str) -> dict[str, int]:
        (tmp_path / name).mkdir()
        for part in tmp_path.glob("journal.sqlite*"):
            (tmp_path / name / part.name).write_bytes(part.read_bytes())
        return reopened(tmp_path / name / path.name).state.accounts["DU2"].cash

    async def main(api: Api) -> None:
        with patch.object(api.hall.station, "flush"):
            await api.post("/accounts", {"account": "DU2", "cash": "5"})
            assert killed("opened") == {"USD": 5 * 10**6}
            await api.post("/accounts/DU2/deposits", {"amount": "2"})
            assert killed("paid") == {"USD": 7 * 10**6}

    with Journal.open(path, schema_version=SCHEMA, oldest=OLDEST) as journal:
        with_api(main, Hall(journal=journal))
    assert reopened(path).state.accounts["DU2"].cash == {"USD": 7 * 10**6}


def test_what_cannot_be_kept_is_not_answered() -> None:
    async def main(api: Api) -> None:
        def full(engine: Engine) -> int:
            if not engine.drained:
                raise JournalError("cannot be written")
            return 0

        with patch.object(api.hall.keeper, "commit", full):
            answer = await api.post("/accounts", {"account": "DU2"}, 503)
        assert "cannot be written" in answer["detail"]
        with pytest.raises(JournalError):
            assert api.served.server.failed is not None
            await api.served.server.failed

    with_api(main)


def test_an_order_without_its_account_is_refused_in_tws_s_words_once_there_are_two() -> None:
    async def main(api: Api) -> None:
        body = {"symbol": "AAPL", "action": "BUY", "quantity": 1}
        await api.post("/orders", body)
        await api.post("/accounts", {"account": "DU2"})
        said = (await api.post("/orders", body, 409))["detail"]
        assert said == f"321: {text(321, 'no_account', tag='bF')}"

    with_api(main, quoted_hall())
