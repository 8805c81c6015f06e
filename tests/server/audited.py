"""An advisor's station whose books are kept on paper as well: what is heard, and what is compared.

``Audited`` is the station with two clients, one that orders and one that looks. ``order`` previews
and places an order and compares the one with the other; ``audit`` compares all that is told of
every account with ``server.paper``.
"""

from collections import defaultdict
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

from papertape.model import Contract, Order
from papertape.store.journal import Journal
from papertape.venue.broker.profile import Profile
from papertape.venue.commands import OpenAccount, SetFeePlan, SetMarginModel
from papertape.venue.entries import SCHEMA
from papertape.venue.invariants import check
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.instruments import Instrument
from papertape.venue.reference.listings import EURUSD
from papertape.venue.units import SECOND
from papertape.wire.catalogue import account, fa, pnl, reports
from papertape.wire.catalogue.orders import PlaceOrder
from papertape.wire.catalogue.session import ErrorMessage
from server.advised import (
    BASES,
    FOUR,
    GBP,
    KINDS,
    MASTER,
    MODELS,
    ONE,
    PLANS,
    SPREAD,
    THREE,
    TWO,
    UNLENT,
    WORDS,
    listed,
)
from server.market import WrittenMarket
from server.pair import Hall
from server.paper import CENT, D, Kind, Paper, broken, fee
from venue.scenario import NEW_YORK, START
from venue.test_every_kind_of_money import AROUND, BTC, FUND, INSTRUMENTS

ADDED = (
    "NetLiquidation", "EquityWithLoanValue", "InitMarginReq", "MaintMarginReq", "AvailableFunds",
    "ExcessLiquidity", "BuyingPower", "GrossPositionValue", "TotalCashValue", "MaintMarginReq-C",
    "NetLiquidation-C", "NetLiquidation-P", "LookAheadInitMarginReq",
    "PreviousDayEquityWithLoanValue",
)  # fmt: skip
"""What the accounts of an advisor have together is the sum of what each has."""


def eastern(now: int) -> str:
    return f"{datetime.fromtimestamp(now / SECOND, NEW_YORK):%Y%m%d %H:%M:%S}"


class Audited:
    """A station, two clients of it, and the books on paper."""

    def __init__(self, seed: int, folder: Path, **profile: Any) -> None:
        self.random = Random(seed)
        self._profile = profile
        self._file, self._journal = folder / "j.sqlite", None
        self._market = WrittenMarket()
        for entry in INSTRUMENTS:
            self._market.tape.setdefault(entry.conId, [])
        self._begin(START)
        self.prices: dict[int, D] = {}
        for entry, price in AROUND.items():
            self.quote(entry, price)
        opened = OpenAccount(THREE, "EUR", 300_000 * 10**6, "portfolio", "fixed")
        self.hall.station.carry_out(opened)
        self.hall.station.carry_out(OpenAccount(FOUR, "USD", 80_000 * 10**6, "cash", "fixed"))
        self.hall.station.carry_out(SetMarginModel(TWO, "reg_t"))
        self.hall.station.carry_out(SetFeePlan(TWO, "tiered"))
        self.client, self.looker = self.hall.client(1), self.hall.client(2)
        self.client.send(fa.ReplaceFA(5, 1, listed()))
        assert self.client.of(fa.ReplaceFAEnd)
        self.client.got()
        cash = {ONE: 500_000, TWO: 500_000, THREE: 300_000, FOUR: 80_000}
        self.books = {
            code: Paper(code, BASES[code], D(some), KINDS, MODELS[code])
            for code, some in cash.items()
        }
        self.number = 0
        self.waits: dict[str, Any] = {}
        self.known: set[str] = set()
        self.filled: defaultdict[tuple[int, str], D] = defaultdict(D)
        self.seen: list[tuple[str, D]] = []
        """What the latest order has cost, by account."""
        self.whole: tuple[D, D] | None = None
        """Size and cost of the master's execution, where an order is of a group."""

    def _begin(self, now: int) -> None:
        self._journal = Journal.open(self._file, schema_version=SCHEMA)
        profile = Profile(
            accounts=(ONE, TWO), advisor=MASTER, interest=True, opening_cash=500_000 * 10**6,
            **self._profile,
        )  # fmt: skip
        self.hall = Hall(
            profile=profile, market=self._market, instruments=INSTRUMENTS, journal=self._journal,
            now=now,
        )  # fmt: skip

    def killed(self, seconds: int = 1) -> None:
        """Kill the station, and start it again so many seconds later."""
        self.hear()
        assert self._journal is not None
        self._journal.close()
        self._begin(self.hall.now + seconds * SECOND)
        self.client, self.looker = self.hall.client(1), self.hall.client(2)
        self.hall.wait(1)

    def close(self) -> None:
        """Free the file of the journal."""
        if self._journal is not None:
            self._journal.close()

    # -- the market ------------------------------------------------------------------------------

    def quote(self, entry: Instrument, price: int, shown: int = 10**8) -> None:
        """A quote around a price, and a print at it; ``shown``: the size on either side."""
        tick = entry.tick
        price -= price % tick
        wide = 0 if entry is FUND else tick * SPREAD // 2
        now = self.hall.now + SECOND
        size = 0 if entry is FUND else shown * 10_000
        self.hall.market.add(Quote(entry.conId, now, price - wide, size, price + wide, size))
        self.hall.market.add(Print(entry.conId, now, price, size))
        self.prices[entry.conId] = D(price) / entry.scale
        self.hall.wait(1)

    def rates(self, base: str) -> dict[str, D]:
        euro = self.prices[EURUSD.conId]
        dollars = {"USD": D(1), "EUR": euro, "GBP": GBP}
        places = D("1E-7")  # those of the rate that is told
        return {name: (each / dollars[base]).quantize(places) for name, each in dollars.items()}

    # -- what is heard ---------------------------------------------------------------------------

    def hear(self) -> list[Any]:
        """Book what the client has been told of trades."""
        got = self.client.got()
        for one in got:
            if isinstance(one, reports.ExecutionDetails):
                self.heard(one)
            elif isinstance(one, reports.CommissionReport):
                self.charged(one)
        assert not self.waits, "an execution without a commission report"
        return got

    def heard(self, one: reports.ExecutionDetails) -> None:
        done, number = one.execution, one.contract.conId
        assert done.shares is not None and done.price is not None
        size = D(done.shares) * (1 if done.side == "BOT" else -1)
        kind = done.optExerciseOrLapseType
        if kind in (None, -1):
            self.waits[done.execId] = one
            return
        if done.execId in self.known:
            return
        self.known.add(done.execId)
        book = self.books[done.acctNumber]
        if KINDS[number].sec_type == "STK":
            book.delivered(number, size, D(str(done.price)))
        elif kind in (100, 1, 101) and KINDS[number].under:
            book.used(number, size)
        else:
            book.trade(number, size, D(str(done.price)), D(0), None)

    def charged(self, report: reports.CommissionReport) -> None:
        if report.execId not in self.waits:  # of an exercise
            assert not report.commissionAndFees
            return
        one = self.waits.pop(report.execId)
        done, number = one.execution, one.contract.conId
        kind, code = KINDS[number], done.acctNumber
        size, price = D(done.shares), D(str(done.price))
        side, told = (1 if done.side == "BOT" else -1), D(str(report.commissionAndFees))
        if code == MASTER:
            self.whole = (size, self.fee(kind, side, size, price, MASTER, done))
            assert abs(told - self.in_base(kind, self.whole[1], MASTER)) < D("0.00001"), one
            assert report.realizedPNL is None
            self.seen.append((MASTER, told))
            return
        if self.whole is None:
            paid = self.fee(kind, side, size, price, code, done)
        else:
            paid = self.whole[1] * size / self.whole[0]
        expected = self.in_base(kind, paid, code)
        assert abs(told - expected) < D("0.00001"), (one.contract, told, expected)
        self.seen.append((code, told))
        base = BASES[code]
        assert report.currency == (base if kind.sec_type == "CASH" else kind.currency)
        paid = told
        if kind.sec_type == "CASH":
            paid = told * self.rates(kind.currency)[base]
        realized = self.books[code].trade(number, size * side, price, paid, (report.currency, told))
        assert (realized is None) == (report.realizedPNL is None)
        if realized is not None:
            assert abs(D(str(report.realizedPNL)) - realized) < D("0.0001"), one.contract

    def fee(self, kind: Kind, side: int, size: D, price: D, code: str, done: Any) -> D:
        took = done.lastLiquidity != 1
        if kind.sec_type == "CASH":
            price *= self.rates("USD")[kind.currency]
        before = self.filled[done.permId, code]
        self.filled[done.permId, code] += size
        return fee(kind, side, size, price, plan=PLANS[code], took=took, before=before)

    def in_base(self, kind: Kind, paid: D, code: str) -> D:
        """What a fee is on its report: of a pair it is in dollars, and paid in the base."""
        return paid * self.rates(BASES[code])["USD"] if kind.sec_type == "CASH" else paid

    # -- what is done ----------------------------------------------------------------------------

    def order(self, entry: Instrument, size: int, **more: Any) -> None:
        """Preview an order at the market, place it, and compare the one with the other."""
        order = Order(
            action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)),
            orderType="MKT", tif="DAY",
        )  # fmt: skip
        if entry is BTC and size > 0:
            order.orderType = "LMT"
            order.lmtPrice = float(self.prices[BTC.conId] * D("1.002") // D("0.25") * D("0.25"))
        for name, value in more.items():
            setattr(order, name, value)
        contract = Contract(conId=entry.conId, exchange=entry.home)
        self.hear()
        self.number += 1
        order.whatIf = True
        self.client.send(PlaceOrder(self.number, contract, order))
        got = self.client.got()
        preview = [one.orderState for one in got if isinstance(one, reports.OpenOrder)]
        refused = [one.errorCode for one in got if isinstance(one, ErrorMessage)]
        assert len(preview) + len(refused) == 1, got
        order.whatIf = False
        self.number += 1
        self.seen, self.whole = [], None
        self.client.send(PlaceOrder(self.number, contract, order))
        got = self.hear()
        errors = [one.errorCode for one in got if isinstance(one, ErrorMessage)]
        if refused or set(errors) & {201, 203, 426}:
            assert not refused or errors[:1] == refused
            assert not self.seen
            return
        if entry is not FUND:
            assert self.seen, (entry.localSymbol, got)
            self.compared(entry, preview[0], more.get("account", ""))

    def in_parts(self, entry: Instrument, size: int, **more: Any) -> None:
        """Place an order that the market fills in two parts, at one price."""
        price = int(self.prices[entry.conId] * entry.scale)
        self.quote(entry, price, abs(size) * 3 // 5)
        self.number += 1
        self.seen, self.whole = [], None
        order = Order(
            action="BUY" if size > 0 else "SELL", totalQuantity=Decimal(abs(size)),
            orderType="MKT", tif="DAY", **more,
        )  # fmt: skip
        contract = Contract(conId=entry.conId, exchange=entry.home)
        self.client.send(PlaceOrder(self.number, contract, order))
        self.hear()
        first = len(self.seen)
        assert first, entry.localSymbol
        self.quote(entry, price)
        self.hear()
        assert len(self.seen) >= 2 * first

    def compared(self, entry: Instrument, told: Any, code: str) -> None:
        """What a preview said against what the order then did."""
        (_, whole), *parts = self.seen
        if code:
            assert not parts
        least, most = told.minCommissionAndFees, told.maxCommissionAndFees
        if told.commissionAndFees is None:
            assert least is not None and most is not None and least <= most
        else:
            assert least is most is None
            least = most = told.commissionAndFees
        near = D("0.0002") + whole * D(SPREAD * entry.tick) / entry.scale / self.prices[entry.conId]
        assert D(str(least)) - near <= whole <= D(str(most)) + near, (told, self.seen)
        if WORDS[entry].sec_type not in UNLENT:
            rate = self.rates(BASES[code or MASTER])[told.commissionAndFeesCurrency]
            lost = -D(str(told.equityWithLoanChange))
            assert abs(lost - D(str(most)) * rate) < D("0.0001"), told
        if code:
            rows = self.values(code)
            base = BASES[code]
            initial = D(rows["InitMarginReq", base])
            assert abs(D(str(told.initMarginAfter)) - initial) <= 2 * CENT, (told, initial)
            before, change = D(str(told.initMarginBefore)), D(str(told.initMarginChange))
            assert abs(before + change - D(str(told.initMarginAfter))) <= 2 * CENT

    def values(self, code: str) -> dict[tuple[str, str], str]:
        self.looker.got()
        self.looker.send(account.ReqAccountUpdates(True, code))
        got = self.looker.got()
        self.rows = {
            one.contract.conId: one for one in got if isinstance(one, account.PortfolioValue)
        }
        found = {
            (one.key, one.currency): one.value
            for one in got
            if isinstance(one, account.AccountValue)
        }
        self.looker.send(account.ReqAccountUpdates(False, code))
        assert [code for _, code, _ in self.looker.errors()] == [2100]
        return found

    # -- what is compared ------------------------------------------------------------------------

    def audit(self) -> None:
        """Compare everything that is told of every account."""
        self.hear()
        check(self.hall.station.engine)
        day, added = D(0), defaultdict[str, D](D)
        for code, book in self.books.items():
            rates = self.rates(book.base)
            told = self.values(code)
            for key in ADDED:
                added[key] += D(told[key, book.base]) * self.rates("USD")[book.base]
            wrong = [*book.differs(self.prices, rates, told)]
            wrong += broken(told, book.base, book.model)
            assert not wrong, (eastern(self.hall.now), "; ".join(wrong))
            self.portfolio(book)
            day += self.profits(code, book, rates) * self.rates("USD")[book.base]
        self.looker.send(pnl.ReqPnL(7, MASTER + "A", ""))
        (row,) = self.looker.of(pnl.PnL)
        self.looker.send(pnl.CancelPnL(7))
        assert abs(D(str(row.dailyPnL)) - day) < 4 * CENT
        everything = self.values(MASTER + "A")
        net = sum(
            (self.rates("USD")[book.base] * book.net(self.prices, self.rates(book.base))
             for book in self.books.values()), D(0)
        )  # fmt: skip
        assert abs(D(everything["NetLiquidation", "USD"]) - net) < 4 * CENT
        assert D(self.values(MASTER)["NetLiquidation", "USD"]) == 0
        for key, total in added.items():
            assert abs(D(everything[key, "USD"]) - total) < 8 * CENT, (key, everything[key, "USD"])

    def portfolio(self, book: Paper) -> None:
        lines = {n: line for n, line in book.lines.items() if line["size"]}
        rows = {n: row for n, row in self.rows.items() if row.position}
        assert rows.keys() == lines.keys()
        for number, line in lines.items():
            row, each = rows[number], book.kinds[number].each
            value = line["size"] * self.prices[number] * each
            average = line["cost"] / line["size"]
            pairs = (
                (row.position, line["size"]), (row.marketPrice, self.prices[number]),
                (row.marketValue, value), (row.averageCost, average),
                (row.unrealizedPNL, value - line["cost"]), (row.realizedPNL, line["realized"]),
            )  # fmt: skip
            for told, wanted in pairs:
                assert abs(D(str(told)) - wanted) < CENT, (book.code, row, wanted)
        self.looker.send(account.ReqPositionsMulti(8, book.code, ""))
        held = {
            one.contract.conId: one for one in self.looker.of(account.PositionMulti) if one.position
        }
        self.looker.send(account.CancelPositionsMulti(8)).got()
        assert {n: one.position for n, one in held.items()} == {
            n: line["size"] for n, line in lines.items()
        }
        assert {n: one.avgCost for n, one in held.items()} == {
            n: row.averageCost for n, row in rows.items()
        }

    def profits(self, code: str, book: Paper, rates: dict[str, D]) -> D:
        """Compare reqPnL and reqPnLSingle; return the day's profit."""
        self.looker.send(pnl.ReqPnL(9, code, ""))
        (row,) = self.looker.of(pnl.PnL)
        self.looker.send(pnl.CancelPnL(9))
        daily = book.worth(self.prices, rates) - book.opening + book.whole
        unrealized = realized = D(0)
        for number, line in book.lines.items():
            kind = book.kinds[number]
            value = line["size"] * self.prices[number] * kind.each
            unrealized += rates[kind.currency] * (value - line["cost"])
            realized += rates[kind.currency] * line["realized"]
            self.looker.send(pnl.ReqPnLSingle(10, code, "", number))
            one = self.looker.of(pnl.PnLSingle)
            self.looker.send(pnl.CancelPnLSingle(10)).got()
            if not line["size"]:
                continue
            (single,) = one
            mine = book.gained(number, self.prices)
            assert abs(D(str(single.dailyPnL)) - mine) < CENT, (code, number, single, mine)
            assert abs(D(str(single.unrealizedPnL)) - (value - line["cost"])) < CENT
            assert abs(D(str(single.value)) - value) < CENT
            assert single.position == line["size"]
        for number, some in book.earned.items():
            realized += rates[book.kinds[number].currency] * some
        for told, wanted in (
            (row.dailyPnL, daily), (row.unrealizedPnL, unrealized), (row.realizedPnL, realized),
        ):  # fmt: skip
            assert abs(D(str(told)) - wanted) < 2 * CENT, (code, row, wanted)
        return daily
