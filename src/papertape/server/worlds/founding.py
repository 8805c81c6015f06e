"""What a world says of the station that it wants: its time, seed, hours, accounts, contracts."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Final
from zoneinfo import available_timezones

import msgspec

from ...errors import SettingsError, WorldError
from ...model import Contract
from ...venue.broker.profile import Profile
from ...venue.reference.custom import Wrong, made
from ...venue.reference.instruments import Instrument, Instruments, Purpose
from ...venue.reference.listings import CATALOGUE
from ...venue.reference.securities import OptionContract
from ...venue.units import Nanos
from ...worlds import steps
from ...worlds.words import nearest
from ..clock import start_instant
from ..drills import check_drill
from ..market_settings import MarketSettings
from .checking import problems_of
from .names import Names, named
from .player import located, zone_of
from .step_runner import next_clock
from .wrongs import locate, world_error

replace = msgspec.structs.replace


BEGINS: Final[Nanos] = 1_775_000_000 * 10**9
"""When a world is taken to begin that does not say it, as far as contracts are concerned."""


def founded(
    world: steps.World, market: MarketSettings, profile: Profile, zone: str
) -> tuple[MarketSettings, Profile]:
    """The market and the profile of a station that a world is to be played on. Raises
    ``WorldError`` for a time or a contract that cannot be."""
    contracts: list[Instrument] = []
    volatilities: dict[int, float] = {}
    accounts: list[str] = []
    for one in world.steps:
        with located(one):
            match one.step:
                case steps.StartStep():
                    market = replace(market, start=start_of(one.step, zone))
                case steps.HoursStep():
                    market = replace(market, hours=one.step.when)
                case steps.SeedStep():
                    market = replace(market, seed=one.step.number)
                case steps.ContractStep():
                    contracts.append(contract_of_fields(one.step))
                case steps.ChainStep():
                    now = market.start or BEGINS
                    for option in options_of(one.step, CATALOGUE.extended(contracts), now):
                        contracts.append(option)
                        volatilities[option.conId] = float(one.step.volatility) / 100
                case steps.AccountStep() if one.after is None:
                    accounts.append(one.step.account)
    if accounts:
        profile = replace(profile, accounts=())  # the world opens its own
    told = tuple(volatilities.items())
    return replace(market, contracts=tuple(contracts), volatilities=told), profile


def accounts_of(world: steps.World) -> list[str]:
    """The accounts that a world begins with."""
    found = [
        one.step.account
        for one in world.steps
        if one.after is None and isinstance(one.step, steps.AccountStep | steps.HoldingStep)
    ]
    return list(dict.fromkeys(found))


def start_of(step: steps.WorldStep, zone: str) -> Nanos:
    """The instant of a start. Raises ``WorldError``."""
    assert isinstance(step, steps.StartStep)
    try:
        return start_instant(step.text, zone)
    except SettingsError as error:
        wrong, named_zone = world_error(error), zone_of(step)
        if "zone" in error.reason and named_zone:
            wrong.found, wrong.near = named_zone, nearest(named_zone, available_timezones())
        raise wrong from error


def contract_of_fields(step: steps.WorldStep) -> Instrument:
    """The contract of a world's own. Raises ``WorldError`` with the field that is no good."""
    assert isinstance(step, steps.ContractStep)
    try:
        return made(step.fields)
    except Wrong as wrong:
        found = step.fields.get(wrong.field, "")
        raise WorldError(f"is no good as {wrong.field}: {wrong}", found=found) from wrong


def options_of(step: steps.ChainStep, instruments: Instruments, now: Nanos) -> list[Instrument]:
    """The options of a chain: a call and a put at each strike; those that the catalogue has are
    its own. Raises ``WorldError``."""
    under = named(instruments, step.symbol, now)
    if under.secType not in ("STK", "IND", "FUND"):
        raise WorldError("is nothing that options of a chain are on", found=step.symbol)
    day, found = step.expiry.replace("-", ""), []
    for number in range(int((step.highest - step.lowest) / step.by) + 1):
        strike = step.lowest + number * step.by
        for right in ("C", "P"):
            wanted = Contract(
                symbol=under.symbol, secType="OPT", exchange="SMART", currency=under.currency,
                lastTradeDateOrContractMonth=day, strike=float(strike), right=right,
            )  # fmt: skip
            listing = instruments.match(wanted, Purpose.DETAILS, now)
            mine = isinstance(listing, tuple) and [
                one.instrument
                for one in listing
                if isinstance(one.instrument, OptionContract)
                and one.instrument.under == under.conId
            ]
            found.append(mine[0] if mine else _option(under, day, strike, right))
    return found


def _option(under: Instrument, day: str, strike: Decimal, right: str) -> Instrument:
    thousandths = int(strike * 1000)
    fields = {
        "symbol": under.symbol, "secType": "OPT", "exchange": "SMART,CBOE",
        "currency": under.currency, "lastTradeDate": day, "strike": f"{strike:f}", "right": right,
        "multiplier": "100", "underConId": str(under.conId), "underSymbol": under.symbol,
        "underSecType": under.secType, "tradingClass": under.symbol,
        "localSymbol": f"{under.symbol:<6}{day[2:]}{right}{thousandths:08d}",
    }  # fmt: skip
    try:
        return made(fields)
    except Wrong as wrong:
        raise WorldError(f"is no good for an option: {wrong}", found=f"{strike:f}") from wrong


def order_named(step: steps.WorldStep) -> str:
    """The name of the order that a step acts on; "" for none."""
    if isinstance(step, steps.ActStep):
        return step.name
    return step.of if isinstance(step, steps.CorrectionStep) else ""


def check_world(world: steps.World, zone: str = "US/Eastern") -> list[WorldError]:
    """Everything that can be known to be wrong before a world is played: times, zones, contracts,
    names of instruments, drills, names of orders."""
    checked = _Check(zone)
    for one in world.steps:
        checked.founds(one)
    checked.names.expect(world.steps, checked.instruments, checked.begins)
    for one in world.steps:
        checked.step(one)
    return sorted(checked.found, key=lambda error: error.line)


class _Check:
    """What is known and what is wrong while a world is checked."""

    def __init__(self, zone: str) -> None:
        self.found: list[WorldError] = []
        self.instruments: Instruments = CATALOGUE
        self.begins: Nanos = BEGINS
        self.names = Names()
        self._zone = zone
        self._orders: set[str] = set()

    def founds(self, one: steps.PlacedStep) -> None:
        """Look at what founds a station."""
        step = one.step
        if isinstance(step, steps.StartStep):
            begins = self._tried(one, lambda: start_of(step, self._zone))
            self.begins = begins or self.begins  # type: ignore[assignment]
            self._zone = zone_of(step) or self._zone
        elif isinstance(step, steps.ContractStep):
            entry = self._tried(one, lambda: contract_of_fields(step))
            if isinstance(entry, Instrument):
                self.instruments = self.instruments.extended([entry])
        elif isinstance(step, steps.ChainStep):
            options = self._tried(one, lambda: options_of(step, self.instruments, self.begins))
            if isinstance(options, list):
                self.instruments = self.instruments.extended(options)

    def step(self, one: steps.PlacedStep) -> None:
        """Look at what a step does."""
        step = one.step
        if isinstance(step, steps.DrillStep):
            self._tried(one, lambda: check_drill(step.text))
        elif (name := order_named(step)) and name not in self._orders:
            legal = ", ".join(sorted(self._orders)) or "on order … as NAME"
            near = nearest(name, self._orders)
            wrong = WorldError("is no order of a rule above", found=name, legal=legal, near=near)
            self._told(one, wrong)
        if not isinstance(step, steps.ContractStep | steps.ChainStep):
            for problem in problems_of(step, self.names, self.instruments, self.begins):
                self._told(one, problem)
        for text in (getattr(step, "at", ""), getattr(step, "before", "")):
            if text:
                self._tried(one, partial(next_clock, text, self.begins, self._zone))
        if isinstance(step, steps.RuleStep):
            if step.name:
                self._orders.add(step.name)
            for inner in step.then:
                self.step(inner)

    def _tried(self, one: steps.PlacedStep, work: Callable[[], object]) -> object:
        try:
            return work()
        except WorldError as error:
            self._told(one, error)
        except SettingsError as error:
            self._told(one, world_error(error))
        return None

    def _told(self, one: steps.PlacedStep, error: WorldError) -> None:
        locate(error, one)
        self.found.append(error)
