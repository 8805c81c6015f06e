"""An advisor's accounts, audited: whatever a station tells of money is worked out again on paper.

Each seed is a few days of an advisor with four accounts of different models, plans and currencies:
orders of single accounts and of groups in every kind of instrument, dividends, conversions, expiry
and exercise, nights with interest, a coupon, a bond that is paid back. After every step each
account's values, portfolio rows, positions and profits are compared with ``server.paper``.
"""

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from papertape.model import Contract, ExecutionFilter
from papertape.venue.commands import ConvertCash, Deposit, PayDividend, Transfer
from papertape.venue.reference.instruments import Instrument
from papertape.venue.reference.listings import EURUSD
from papertape.venue.units import SECOND
from papertape.wire.catalogue import reports
from papertape.wire.catalogue.options import ExerciseOptions
from papertape.wire.catalogue.orders import ReqExecutions
from server.advised import BASES, FOUR, GROUPS, LOTS, NEVER_SHORT, ONE, THREE, TWO, WORDS
from server.audited import Audited, eastern
from server.paper import D
from venue.scenario import at
from venue.test_contract_ends import AAPL, CALL, PUT
from venue.test_every_kind_of_money import AROUND, BRITISH, BTC, CFD, ENDING, FUND, GOLD, WARRANT

BEGIN = {
    "17:15:00": ("CASH",), "18:00:00": ("FUT", "FOP", "CMDTY"), "19:55:00": ("CRYPTO",),
    "20:00:00": ("BOND",), "23:55:00": ("STK", "OPT", "CFD", "FUND", "WAR", ""),
}  # fmt: skip
"""When profits begin, in New York's summer: with a session that goes over midnight, else five
minutes before midnight, of crypto currencies in UTC; "" is the account."""


class Desk(Audited):
    """What may happen."""

    def certain(self, seed: int) -> None:
        """What some seed does of every kind and every method, whatever the others are."""
        for entry in (list(WORDS) * 2)[2 * seed : 2 * seed + 2]:
            self.order(entry, LOTS.get(WORDS[entry].sec_type, 2), account=(ONE, TWO)[seed % 2])
            assert self.seen or entry is FUND
            self.audit()
            if WORDS[entry].sec_type in ("STK", "BOND", "CFD", "CMDTY"):
                self.in_parts(entry, 50, account=(ONE, TWO)[seed % 2])
                self.in_parts(entry, -30, faGroup="ratio")
                self.audit()
        self.divided("ratio", EURUSD, 90_000)
        assert self.seen
        self.divided((list(GROUPS) * 2)[seed], AAPL, 100)
        assert self.seen
        self.audit()

    # -- steps -----------------------------------------------------------------------------------

    def step(self) -> None:
        """Something at random."""
        random, what = self.random, self.random.random()
        entry = random.choice(list(WORDS))
        kind = WORDS[entry]
        size = random.choice((-1, 1, 1)) * random.randint(1, 4) * LOTS.get(kind.sec_type, 1)
        code = random.choice((ONE, TWO, THREE, FOUR))
        if kind.sec_type in NEVER_SHORT and size < 0:
            size = -int(min(self.books[code].lines[entry.conId]["size"], -size))
        if what < 0.3:
            base = AROUND[entry]
            self.quote(entry, base + random.randint(-40, 40) * max(entry.tick, base // 2_000))
        elif what < 0.65:
            if size:
                self.order(entry, size, account=code)
        elif what < 0.85:
            self.at_random()
        elif what < 0.9:
            self.dividend(random.choice((AAPL, BRITISH)), D(random.randint(1, 99)) / 100)
        elif what < 0.93:
            self.convert(code)
        elif what < 0.96:
            self.moved()
        else:
            some = D(random.randint(1, 9_999)) / 100
            self.hall.station.carry_out(Deposit(code, "GBP", int(some * 10**6)))
            self.books[code].cash["GBP"] += some
            self.books[code].opening += some * self.rates(BASES[code])["GBP"]
            self.hall.settle()

    def at_random(self) -> None:
        """An order of a group."""
        random = self.random
        entry = random.choice([one for one in WORDS if one not in (FUND, WARRANT, BTC)])
        pieces = LOTS.get(WORDS[entry].sec_type, 3)
        size = random.choice((-1, 1, 1)) * random.randint(1, 5) * pieces
        self.divided(random.choice(list(GROUPS)), entry, size)

    def divided(self, name: str, entry: Instrument, size: int) -> None:
        """Divide an order among the accounts of a group."""
        more: dict[str, Any] = {"faGroup": name}
        before = {code: book.lines[entry.conId]["size"] for code, book in self.books.items()}
        if name == "exact":
            size = 100 if size > 0 else -100
        if name == "change" and entry is AAPL and not any(before.values()):
            for code in (ONE, TWO, THREE):
                self.order(AAPL, 40, account=code)
            before = {code: book.lines[AAPL.conId]["size"] for code, book in self.books.items()}
        if name == "change":
            held = [before[code] for code in (ONE, TWO, THREE)]
            if not all(held) or len({one > 0 for one in held}) > 1:
                return
            size = 0
            more |= {"faPercentage": "-100", "action": "SELL" if held[0] > 0 else "BUY"}
        weights = self.weights(name)
        self.order(entry, size, **more)
        if not self.seen:
            return
        after = {code: book.lines[entry.conId]["size"] for code, book in self.books.items()}
        moved = {code: after[code] - before[code] for code in (ONE, TWO, THREE)}
        if name == "change":
            assert not any(after[code] for code in (ONE, TWO, THREE))
            return
        assert sum(moved.values()) == size
        assert after[FOUR] == before[FOUR]
        for code, some in moved.items():
            assert abs(some - size * weights[code] / sum(weights.values())) < 1, (name, moved)

    def weights(self, name: str) -> dict[str, D]:
        method, members = GROUPS[name]
        if method == "Equal":
            return dict.fromkeys(members, D(1))
        if method in ("NetLiq", "AvailableEquity"):
            key = {"NetLiq": "NetLiquidation", "AvailableEquity": "AvailableFunds"}[method]
            return {
                code: max(D(self.values(code)[key, BASES[code]]), D(0))
                * self.rates("USD")[BASES[code]]
                for code in members
            }
        return {code: D(number) for code, number in members.items()}

    def moved(self) -> None:
        """Cash or shares from one account to another, with what they have cost."""
        one, other = self.random.sample((ONE, TWO, THREE), 2)
        giver, taker = self.books[one], self.books[other]
        held = giver.lines[AAPL.conId]
        size = held["size"] // 2
        if not size or size * taker.lines[AAPL.conId]["size"] < 0:
            amount = D(self.random.randint(1, 900))
            if giver.cash["USD"] >= amount:
                self.hall.station.carry_out(Transfer(one, other, "USD", int(amount * 10**6)))
                for book, some in ((giver, -amount), (taker, amount)):
                    book.cash["USD"] += some
                    book.opening += some * self.rates(book.base)["USD"]
        else:
            self.hall.station.carry_out(
                Transfer(one, other, conId=AAPL.conId, size=int(size * 10_000))
            )
            cost, value = held["cost"] * size / held["size"], size * self.prices[AAPL.conId]
            for book, side in ((giver, -1), (taker, 1)):
                line = book.lines[AAPL.conId]
                line["size"] += side * size
                line["cost"] += side * cost
                book.values[AAPL.conId] = book.values.get(AAPL.conId, D(0)) + side * value
                book.opening += side * value * self.rates(book.base)["USD"]
        self.hall.settle()

    def exercise(self) -> None:
        """Ask for one option of each holder to be exercised, and for one to lapse."""
        for code, book in self.books.items():
            for entry, action in ((CALL, 1), (PUT, 2)):
                if book.lines[entry.conId]["size"] > 0:
                    self.number += 1
                    contract = Contract(conId=entry.conId, exchange="SMART")
                    self.client.send(ExerciseOptions(
                        self.number, contract, action, 1, code, 1
                    ))  # fmt: skip
        self.hear()

    def dividend(self, entry: Instrument, each: D) -> None:
        """Whoever holds shares is paid, and whoever is short pays."""
        self.hall.station.carry_out(PayDividend(entry.conId, int(each * 10**6)))
        follows = {AAPL: (AAPL,), BRITISH: (BRITISH,)}[entry]
        for book in self.books.values():
            for one in follows:
                book.cash[one.currency] += each * book.lines[one.conId]["size"]
        self.hall.settle()

    def convert(self, code: str) -> None:
        """At the middle of the rate, without a commission."""
        book, amount = self.books[code], D(self.random.randint(1, 9_000))
        if book.cash["USD"] < amount:
            return
        self.hall.station.carry_out(ConvertCash(code, "USD", int(amount * 10**6), "EUR"))
        book.cash["USD"] -= amount
        book.cash["EUR"] += amount / self.prices[EURUSD.conId]
        self.hall.settle()

    def to(self, text: str) -> None:
        """Let time pass up to a time of the same day, and hear what happened."""
        for clock, kinds in BEGIN.items():
            if self.hall.now < at(f"{text[:8]} {clock}") <= at(text):
                self._to(f"{text[:8]} {clock}")
                for book in self.books.values():
                    book.begun(kinds, self.prices, self.rates(book.base))
        self._to(text)

    def _to(self, text: str) -> None:
        self.hall.wait((at(text) - self.hall.now) / SECOND)
        self.asked()

    def asked(self) -> None:
        """Hear of what options did, and of what the broker closed: whoever asks is told."""
        self.hear()
        self.whole = None
        self.looker.got()
        self.looker.send(ReqExecutions(3, ExecutionFilter()))
        for one in self.looker.got():
            if isinstance(one, reports.ExecutionDetails):
                done = one.execution
                by_itself = done.optExerciseOrLapseType not in (None, -1)
                if done.execId not in self.known and (by_itself or done.orderRef == "liquidation"):
                    self.heard(one)
            elif isinstance(one, reports.CommissionReport) and one.execId in self.waits:
                self.known.add(one.execId)
                self.charged(one)

    def today(self) -> str:
        return eastern(self.hall.now)[:8]

    def nights(self, until: str, *, booked: bool = False, killed: bool = False) -> None:
        """Let days end, one after another, until one has begun; ``booked``: with the interest of
        the month before; ``killed``: the station is down when they end."""
        while (text := self.today()) < until:
            self.to(text + " 23:59:59")
            for book in self.books.values():
                rates = self.rates(book.base)
                book.night(self.prices, rates, self.rates("USD")[book.base], booked=booked)
                if text[6:] == "30":  # of April
                    book.due = dict(book.accrued)
            if killed:
                self.killed(121)
            else:
                self.hall.wait(121)

    def coupon(self, entry: Instrument, each: D) -> None:
        for book in self.books.values():
            book.cash["USD"] += each * book.lines[entry.conId]["size"]


@pytest.mark.sample(1, test=11)
@pytest.mark.long
@pytest.mark.parametrize("seed", range(12))
def test_what_is_told_of_money_is_what_it_is_on_paper(seed: int, tmp_path: Path) -> None:
    with closing(Desk(seed, tmp_path)) as desk:
        desk.certain(seed)
        for number in range(14):
            desk.step()
            if number % 3 == 0:
                desk.killed()
            desk.audit()
        for code in (ONE, THREE):  # for the days to come
            desk.order(ENDING, 4, account=code)
        desk.order(AAPL, -150, account=TWO)
        desk.exercise()
        desk.to("20260413 17:40:00")  # options and a future have ended
        desk.audit()
        desk.nights("20260414", killed=seed % 2 == 0)
        desk.coupon(ENDING, D("4.25") * 10 / 2)
        desk.audit()
        desk.step()
        desk.to("20260414 17:40:00")  # the bond has been paid back
        desk.audit()
        desk.nights("20260504", killed=seed % 4 == 0)
        desk.audit()
        desk.nights("20260505", booked=True, killed=seed % 2 == 0)
        desk.audit()


@pytest.mark.long
def test_what_a_liquidation_closes_is_on_paper(tmp_path: Path) -> None:
    with closing(Desk(1, tmp_path, liquidation=True)) as desk:
        for code, size in ((ONE, 1_000), (TWO, 7_000), (THREE, 8_000)):
            desk.order(AAPL, size, account=code)
        desk.order(GOLD, 5, account=TWO)
        desk.order(CFD, -100, account=THREE)
        desk.audit()
        desk.quote(AAPL, 2_420_000)  # five in a hundred less: neither TWO nor THREE can carry it
        desk.hall.wait(150)
        desk.asked()
        held = {code: desk.books[code].lines[AAPL.conId]["size"] for code in (ONE, TWO, THREE)}
        assert held == {ONE: 1_000, TWO: 0, THREE: 0}
        assert desk.books[TWO].lines[GOLD.conId]["size"] == 5
        assert desk.books[THREE].lines[CFD.conId]["size"] == -100
        desk.audit()
        desk.killed()
        desk.audit()
