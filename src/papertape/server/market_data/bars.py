"""Bars as TWS tells them: those of the tape, and flat ones while nothing is traded.

A stretch of the session without a trade has a bar too: all its prices and its average are the close
before, volume and count are 0.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Final

from ...model import Bar
from ...venue.market.port import MarketSource
from ...venue.market.source import PriceBar
from ...venue.reference.instruments import Instrument
from ...venue.reference.securities import UNTRADED
from ...venue.units import DAY, SECOND, Nanos, price_float
from ...versions import HISTORY_IN_SHARES
from ...wire.catalogue.ticks import RealTimeBarTick
from .channels import Form
from .quotes import shown_size
from .regular_bars import HALF_HOUR, Regular, extended, regular_bars

NONE: Final = Decimal(-1)
"""Volume and average price of bars that have no trades."""
Dated = Callable[[Nanos, Form], str]
"""The date of a bar that begins at an instant, in the form of its client."""


def told_bars(
    market: MarketSource,
    entry: Instrument,
    span: tuple[Nanos, Nanos],
    *,
    step: Nanos,
    what: str,
    regular: Regular | None = None,
) -> list[PriceBar]:
    """The bars that begin in a span (end excluded), the last with what happened up to its end.

    ``regular``: only what happened in that session. Raises what the market raises.
    """
    start, end = span
    con_id = entry.conId
    if regular is not None and step > HALF_HOUR and extended(market, con_id, start, regular):
        return regular_bars(market, con_id, span, step, what, regular)
    bars = market.bars(con_id, start=start, end=end, step=step, what=what)
    if what == "TRADES" and step < DAY and entry.secType not in UNTRADED:
        bars = list(_filled(market, con_id, bars, span, step))
    if regular is not None and step <= HALF_HOUR:
        bars = [bar for bar in bars if regular(con_id, bar.start)]
    return bars


def _filled(
    market: MarketSource, con_id: int, bars: list[PriceBar], span: tuple[Nanos, Nanos], step: Nanos
) -> Iterator[PriceBar]:
    """The bars, with flat ones between them while the market is open."""
    start, end = span
    last = 0
    for bar in bars:
        if start < bar.start:
            yield from _flat(market, con_id, (start, bar.start), step, last)
        yield bar
        # The first bar of a day may begin within a step.
        start, last = bar.start - bar.start % step + step, bar.close
    if start < end:
        yield from _flat(market, con_id, (start, end), step, last)


def _flat(
    market: MarketSource, con_id: int, span: tuple[Nanos, Nanos], step: Nanos, last: int
) -> Iterator[PriceBar]:
    """Bars without trades at the price ``last`` (0: not known yet), where there are quotes."""
    start, end = span
    for quoted in market.bars(con_id, start=start, end=end, step=step, what="MIDPOINT"):
        if not start <= quoted.start < end:
            continue
        if not last:
            day = market.day(con_id, quoted.start - 1)
            last = day.last or day.close
        if last:
            yield PriceBar(quoted.start, last, last, last, last, 0, last, 0)


def shown_bar(bar: PriceBar, entry: Instrument, form: Form, dated: Dated, *, scale: int = 0) -> Bar:
    """A bar of a history in the units and the form of dates that a client expects; ``scale`` is
    that of figures that are no prices."""
    scale, version = scale or entry.scale, form.version
    traded = bar.count >= 0
    return Bar(
        date=dated(bar.start, form),
        open=price_float(bar.open, scale),
        high=price_float(bar.high, scale),
        low=price_float(bar.low, scale),
        close=price_float(bar.close, scale),
        volume=shown_size(bar.volume, version, entry, HISTORY_IN_SHARES) if traded else NONE,
        wap=_average(bar, scale) if traded else NONE,
        barCount=bar.count,
    )


def shown_five_seconds(bar: PriceBar, entry: Instrument, form: Form) -> RealTimeBarTick:
    """A bar of five seconds in the units that a client expects, without its request id."""
    scale = entry.scale
    traded = bar.count >= 0
    return RealTimeBarTick(
        time=bar.start // SECOND,
        open=price_float(bar.open, scale),
        high=price_float(bar.high, scale),
        low=price_float(bar.low, scale),
        close=price_float(bar.close, scale),
        volume=shown_size(bar.volume, form.version, entry, HISTORY_IN_SHARES) if traded else NONE,
        wap=_average(bar, scale) if traded else NONE,
        count=bar.count,
    )


def _average(bar: PriceBar, scale: int) -> Decimal:
    return (Decimal(bar.wap) / scale).normalize()
