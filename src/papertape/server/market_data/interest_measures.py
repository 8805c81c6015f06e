"""Generic ticks of options and futures as a whole (100, 101, 105, 588) and of odd lots (787)."""

from typing import Final

from ...venue.market.interest import (
    future_interest,
    index_options,
    open_interest,
    option_interest,
    optioned,
    parted,
)
from ...venue.market.noise import mix
from ...venue.market.odd_lots import odd_lots
from ...venue.reference.answers import venue_letters
from ...venue.reference.securities import UNQUOTED, OptionContract
from ...venue.units import SIZE_SCALE, SizeUnits
from .measures import AVERAGED, Found, InstrumentMoment, Measure


def option_volume(at: InstrumentMoment) -> Found:
    """100: the calls and puts of the day so far."""
    if isinstance(at.entry, OptionContract):
        volume = at.trades.volume if at.trades is not None else 0
        yield from _own(at.entry, (29, 30), volume)
        return
    if not _has_options(at):
        return
    entry, day = at.entry, at.past.begins
    if entry.secType in UNQUOTED:
        spans = at.facts.market.sessions(entry.conId, day, day)
        length = spans[0][1] - day if spans else 0
        part = min((at.now - day) / length, 1.0) if length else 1.0
        contracts = round(index_options(entry.conId, day) * part / SIZE_SCALE) * SIZE_SCALE
    else:
        contracts = optioned(entry.conId, day, at.trades.volume if at.trades is not None else 0)
    both = parted(entry.conId, day, contracts)
    yield Measure(29, "contracts", both.calls)
    yield Measure(30, "contracts", both.puts)


def options_open(at: InstrumentMoment) -> Found:
    """101: the calls and puts that are open today."""
    if isinstance(at.entry, OptionContract):
        days = at.past.within(AVERAGED)
        if days:
            usual = sum(bar.volume for bar in days) // len(days)
            contracts = option_interest(at.entry.conId, at.past.begins, usual)
            yield from _own(at.entry, (27, 28), contracts)
        return
    usual = _usual_options(at)
    if usual:
        both = open_interest(at.entry.conId, at.past.begins, usual)
        yield Measure(27, "contracts", both.calls)
        yield Measure(28, "contracts", both.puts)


def average_option_volume(at: InstrumentMoment) -> Found:
    """105: the options of an average day."""
    usual = _usual_options(at)
    if usual:
        yield Measure(87, "contracts", usual)


def futures_interest(at: InstrumentMoment) -> Found:
    """588: the contracts that are open today."""
    days = at.past.within(AVERAGED)
    if days:
        usual = sum(bar.volume for bar in days) // len(days)
        yield Measure(86, "contracts", future_interest(at.entry.conId, at.past.begins, usual))


def odd_lot_quotes(at: InstrumentMoment) -> Found:
    """787: the best odd lots inside the quote, and where; -1 and 0 where there are none."""
    entry = at.entry
    letters = venue_letters(entry.exchanges)
    found = odd_lots(at.quote, entry.tick, sorted(letters), seed=mix(entry.conId, 787))
    for lot, price, size, exchange in zip(found, (105, 106), (107, 108), (109, 110)):
        yield Measure(price, "side", lot.price)
        yield Measure(size, "size", lot.size)
        yield Measure(exchange, "text", "".join(letters[one] for one in lot.venues))


def _own(option: OptionContract, ticks: tuple[int, int], contracts: SizeUnits) -> Found:
    """An option's own figure under its right, and none under the other."""
    yield Measure(ticks[0], "contracts", contracts if option.call else 0)
    yield Measure(ticks[1], "contracts", 0 if option.call else contracts)


def _has_options(at: InstrumentMoment) -> bool:
    chains = at.facts.instruments().chains
    return chains is not None and bool(chains.classes(at.entry))


def _usual_options(at: InstrumentMoment) -> SizeUnits:
    """The options of an average day of the last 90; 0 while it is not known."""
    days = at.past.within(AVERAGED) if _has_options(at) else None
    if not days:
        return 0
    entry = at.entry
    if entry.secType in UNQUOTED:
        traded = [index_options(entry.conId, bar.start) for bar in days]
    else:
        traded = [optioned(entry.conId, bar.start, bar.volume) for bar in days]
    return sum(traded) // (len(traded) * SIZE_SCALE) * SIZE_SCALE


INTEREST_MEASURES: Final = {
    100: option_volume,
    101: options_open,
    105: average_option_volume,
    588: futures_interest,
    787: odd_lot_quotes,
}
