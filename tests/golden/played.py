"""A captured session, and a station that it is played against.

The world is derived from the recording: the market quotes the price of each fill when it comes, and
is far from orders that rest. What the recorder left out of a request is taken from the answer, and
executions that were told late are told late.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec

from golden.shapes import built, shape_of
from golden.transcripts import Step, steps
from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.venue.broker.profile import Profile
from papertape.venue.market.source import Print, Quote
from papertape.venue.reference.instruments import Instrument, Listing, Purpose
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.units import SECOND, SIZE_SCALE, Nanos, price_units
from papertape.wire.catalogue import orders, reports, session
from papertape.wire.message import Message
from server.pair import Client, Hall

CAPTURED: Final = 200
SYNTHETIC: Final = ("DU12345", "DU99999")
"""Accounts of transcripts that are written by hand."""
ABOUT_ORDERS: Final = (
    orders.PlaceOrder, orders.CancelOrder, orders.ReqGlobalCancel, orders.ReqOpenOrders,
    orders.ReqAllOpenOrders, orders.ReqCompletedOrders, orders.ReqExecutions,
)  # fmt: skip
TOLD: Final = (
    reports.OpenOrder, reports.OrderStatus, reports.ExecutionDetails, reports.CommissionReport,
    reports.CompletedOrder, reports.OpenOrdersEnd, reports.CompletedOrdersEnd,
    reports.ExecutionDetailsEnd, session.ErrorMessage,
)  # fmt: skip
ZONES: Final = {"Central European Standard Time": "Europe/Berlin"}
UNKNOWN: Final = Decimal("260.00")
"""What a stock is taken to cost whose price the recording does not tell."""
LATE_MS: Final = 100
"""How much later executions are told that the recording has behind the end of their order."""
A_CAPTURE: Final = re.compile(r"^#.*(captures/|Live-derived|live paper)", re.MULTILINE)


class Leg(msgspec.Struct):
    """One connection of a session."""

    opened: Nanos
    steps: list[Step]
    client_id: int = 1


# ---------------------------------------------------------------- the recording


def legs_of(path: Path) -> list[Leg]:
    """The connections of a session."""
    found: list[Leg] = []
    for step in steps(path):
        if step.side == "handshake":
            found.append(Leg(_opened(step.facts["connection_time"]), []))
        elif not step.frame:
            found[-1].steps.append(step)
    for leg in found:
        placed = {s.facts["order_id"] for s in leg.steps if s.name == "place_order"}
        told = [s for s in leg.steps if "client_id" in s.facts]
        own = [s for s in told if s.facts.get("order_id") in placed] if placed else told[-1:]
        leg.client_id = int(own[0].facts["client_id"]) if own else 1
    return found


def _opened(text: str) -> Nanos:
    date, _, zone = text.partition(" ")[0], *text.partition(" ")[1:]
    clock, _, zone = zone.partition(" ")
    local = datetime.strptime(f"{date} {clock}", "%Y%m%d %H:%M:%S")
    return int(local.replace(tzinfo=ZoneInfo(ZONES.get(zone, zone))).timestamp()) * SECOND


def instant(text: str) -> Nanos | None:
    """The instant of an execution's time, in each of its forms."""
    for form in ("%Y-%m-%dT%H:%M:%SZ", "%Y%m%d-%H:%M:%S"):
        try:
            return int(datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()) * SECOND
        except ValueError:
            continue
    clock, _, zone = text.rpartition(" ")
    try:
        local = datetime.strptime(clock, "%Y%m%d %H:%M:%S").replace(tzinfo=ZoneInfo(zone))
    except ValueError:
        return None
    return int(local.timestamp()) * SECOND


def is_evidence(path: Path) -> bool:
    """Whether a session is captured, and about orders."""
    if not A_CAPTURE.search(path.read_text("utf-8")):
        return False
    found = list(steps(path))
    accounts = " ".join(s.facts.get("accounts", "") for s in found)
    asked = any(is_about_orders(step) for step in found)
    return asked and not any(one in accounts for one in SYNTHETIC)


def is_about_orders(step: Step) -> bool:
    """Whether a step is a request about orders."""
    if step.side != "client" or step.frame:
        return False
    try:
        return issubclass(shape_of(step).message, ABOUT_ORDERS)
    except KeyError:
        return False


# ---------------------------------------------------------------- playing


class Stage:
    """A station that a session is played against, with a market that is derived from it."""

    def __init__(self, legs: list[Leg]) -> None:
        codes = next(s.facts["accounts"] for s in legs[0].steps if s.name == "managed_accounts")
        profile = Profile(accounts=tuple(codes.split(",")), echo_quirks=True)
        settings = StationSettings(max_message_rate=0)
        self.hall = Hall(settings=settings, profile=profile, now=legs[0].opened)
        self.legs = legs
        self.told: list[Message] = []
        self._prices = self._known_prices()

    def _known_prices(self) -> dict[int, Decimal]:
        """The first price that the recording tells of each instrument."""
        found: dict[int, Decimal] = {}
        for step in (s for leg in self.legs for s in leg.steps):
            if step.name == "execution_detail":
                con_id = self._entry(step.facts["order_id"]).conId
                found.setdefault(con_id, Decimal(step.facts["price"]))
        return found

    def _steps(self) -> Iterator[Step]:
        return (step for leg in self.legs for step in leg.steps)

    def _entry(self, order_id: str) -> Instrument:
        """The instrument of an order: as its request says, or else as the answer does; where
        neither does, AAPL, which the captured programs trade."""
        named = [s for s in self._steps() if s.facts.get("order_id") == order_id]
        step = next((s for s in named if "contract.con_id" in s.facts), None)
        told = (
            Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
            if step is None
            else built(step, CAPTURED).contract
        )
        contract = msgspec.structs.replace(told, conId=0)
        if contract.secType == "FUT":  # the local symbol says which
            step = next(s for s in named if "contract.local_symbol" in s.facts)
            contract.localSymbol = step.facts["contract.local_symbol"]
        found = CATALOGUE.resolve(contract, Purpose.ORDER, self.hall.now)
        assert isinstance(found, Listing), (order_id, found)
        return found.instrument

    def play(self) -> list[Message]:
        """Play all connections; return what ours was told about orders."""
        for leg in self.legs:
            self.hall.wait(max(0, leg.opened - self.hall.now) / SECOND)
            client = self.hall.client(leg.client_id, CAPTURED)
            if any(self._late(leg, step) for step in leg.steps):
                for kind in ("execDetails", "commissionAndFeesReport"):
                    self.hall.station.drills.begin(f"late-callbacks {kind} ms={LATE_MS}")
            for number, step in enumerate(leg.steps):
                if step.side == "client":
                    self._ask(client, step, leg.steps[number + 1 :])
                elif step.name == "execution_detail":
                    self._reach(client, step)
                self.told += client.got()
            self.hall.wait(1)
            self.told += client.got()
            client.leave()
        return [one for one in self.told if isinstance(one, TOLD) and concerns(one)]

    def _late(self, leg: Leg, step: Step) -> bool:
        """Whether the executions of a new order come after its end, in the recording."""
        if step.name != "place_order":
            return False
        mine = [one for one in leg.steps if one.facts.get("order_id") == step.facts["order_id"]]
        told = ["" if one.name == "execution_detail" else one.facts.get("status") for one in mine]
        return "Filled" in told and "" in told[told.index("Filled") :]

    def _ask(self, client: Client, step: Step, later: list[Step]) -> None:
        self._wait_for(step, later)
        message = built(step, CAPTURED)
        if isinstance(message, orders.PlaceOrder):
            self._complete(message, step)
            fills = self._fills(step, later)
            price = fills[0] if fills and message.order.orderType == "MKT" else None
            self._quote(self._entry(step.facts["order_id"]), price)
        client.send(message)

    def _complete(self, message: orders.PlaceOrder, step: Step) -> None:
        """What the recorder left out of a request, from the answer."""
        entry, given = self._entry(step.facts["order_id"]), message.contract
        message.contract = msgspec.structs.replace(
            given, conId=entry.conId, symbol=entry.symbol, secType=entry.secType,
            exchange=given.exchange or "SMART", currency=entry.currency,
        )  # fmt: skip
        if message.order.orderType == "TRAIL" and message.order.trailStopPrice is None:
            told = next(s for s in self._steps() if s.name == "open_order"
                        and s.facts["order_id"] == step.facts["order_id"])  # fmt: skip
            first = float(told.facts["lmt_price"])  # the echo adds 0.03 to it
            message.order.trailStopPrice = round(first - 0.03, 2) if first else None

    def _fills(self, step: Step, later: list[Step]) -> list[Decimal]:
        """The prices of the executions of an order until it is changed."""
        found = []
        for one in later:
            if one.facts.get("order_id") == step.facts["order_id"]:
                if one.side == "client":
                    break
                if one.name == "execution_detail":
                    found.append(Decimal(one.facts["price"]))
        return found

    def _wait_for(self, step: Step, later: list[Step]) -> None:
        """Let the time come at which the recording has an answer."""
        mine = step.facts.get("order_id", "")
        for one in later:
            its_own = mine in (one.facts.get("order_id"), one.facts.get("req_id"))
            if one.side == "client" and its_own:
                return
            at = instant(one.facts["time"]) if one.name == "execution_detail" else None
            if one.name == "api_error" and one.facts["error_time_ms"]:
                at = int(one.facts["error_time_ms"]) * 1_000_000
            if at is not None and its_own:
                self.hall.wait(max(0, at - self.hall.now) / SECOND)
                return

    def _quote(self, entry: Instrument, price: Decimal | None) -> None:
        """Both sides of the market at one price: a fill has it whichever side it takes."""
        chosen = price or self._prices.get(entry.conId) or UNKNOWN
        units = price_units(float(chosen), entry.scale)
        size = 10_000 * SIZE_SCALE
        self.hall.market.add(Quote(entry.conId, self.hall.now + 1, units, size, units, size))
        self.hall.wait(2e-9)

    def _reach(self, client: Client, step: Step) -> None:
        """Move the market to an execution that our station has not had."""
        order_id = int(step.facts["order_id"])
        for view in tuple(self.hall.station.venue.state.orders.values()):
            if view.orderId == order_id:
                entry = CATALOGUE[view.terms.conId]
                price = Decimal(step.facts["price"])
                units = price_units(float(price), entry.scale)
                self.hall.market.add(Print(entry.conId, self.hall.now + 1, units, SIZE_SCALE))
                self._quote(entry, price)


def concerns(message: Any) -> bool:
    """Whether a callback is about an order; an error may be about the connection."""
    return not isinstance(message, session.ErrorMessage) or message.id > 0
