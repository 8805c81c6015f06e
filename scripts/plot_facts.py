"""Draw ``docs/guides/market.png``: stylised facts of the synthetic tape beside a recorded day.

Run it by hand, in an environment of Papertape that also has matplotlib (``pip install
matplotlib``), which nothing else here needs. The recorded day is that of ``market/sample``; the
synthetic one is the same instrument's tape over twenty days. Prints the figures as a table.
"""

import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from statistics import fmean

import matplotlib.pyplot as plt

from papertape.store.history import recordings
from papertape.venue.market.source import Print, Quote
from papertape.venue.market.tape import Market, open_market
from papertape.venue.units import DAY, MINUTE, SECOND

ROOT = Path(__file__).parent.parent
OUT = ROOT / "docs/guides/market.png"
ANCHOR = 1_760_000_000 * SECOND // MINUTE * MINUTE
SYMBOLS = {"IBM": 8314, "SPY": 756733, "BAC": 10098}
MINUTES, CELLS, DAYS = 390, 13, 20
SIGN_LAGS, SIZE_LAGS = 20, 40


def correlation(values: Sequence[float], lag: int) -> float:
    """Autocorrelation at a lag."""
    mean = fmean(values)
    spread = sum((value - mean) ** 2 for value in values)
    shifted = zip(values[:-lag], values[lag:], strict=True)
    return sum((one - mean) * (two - mean) for one, two in shifted) / spread if spread else 0.0


def signs(market: Market, con_id: int, start: int) -> tuple[list[int], list[int]]:
    """Who was active in every print of a day (1 buys, -1 sells), and every spread in cents."""
    sides: list[int] = []
    spreads: list[int] = []
    quote: Quote | None = None
    for tick in market.ticks(con_id, start - 1, start + MINUTES * MINUTE - 1):
        if isinstance(tick, Quote):
            quote = tick
            spreads.append((tick.ask - tick.bid) // 100)
        elif isinstance(tick, Print) and quote is not None:
            middle = quote.bid + quote.ask
            if 2 * tick.price != middle:
                sides.append(1 if 2 * tick.price > middle else -1)
    return sides, spreads


def facts(market: Market, con_id: int, days: Sequence[int]) -> dict[str, object]:
    """What the picture shows of one instrument."""
    sign, size, shares = [0.0] * SIGN_LAGS, [0.0] * SIZE_LAGS, [0.0] * CELLS
    moves, returns, spreads = [0.0] * CELLS, [], []
    for day in days:
        start = ANCHOR + day * DAY
        sides, widths = signs(market, con_id, start)
        spreads += widths
        sign = [one + correlation(sides, lag + 1) / len(days) for lag, one in enumerate(sign)]
        span = {"start": start, "end": start + MINUTES * MINUTE - 1, "step": MINUTE}
        bars = market.bars(con_id, what="TRADES", **span)
        prices = [bar.close for bar in market.bars(con_id, what="MIDPOINT", **span)]
        changes = [later / price - 1 for price, later in pairwise(prices)]
        sizes = [abs(change) for change in changes]
        size = [one + correlation(sizes, lag + 1) / len(days) for lag, one in enumerate(size)]
        whole = sum(bar.volume for bar in bars)
        for bar in bars:
            shares[(bar.start - start) // MINUTE // 30] += bar.volume / whole / len(days)
        for place, change in enumerate(sizes):
            moves[(place + 1) // 30] += change * 1e4 / 30 / len(days)
        scale = (sum(change * change for change in changes) / len(changes)) ** 0.5
        returns += [change / scale for change in changes]
    return {
        "spread": fmean(spreads),
        "spreads": spreads,
        "sign": sign,
        "size": size,
        "share": shares,
        "moves": moves,
        "kurtosis": fmean([one**4 for one in returns]),
        "returns": returns,
        "return": correlation(returns, 1),
    }


def main() -> None:
    """Measure, print, draw."""
    recorded = open_market(ANCHOR, recordings=recordings(ROOT / "market/sample"))
    synthetic = open_market(ANCHOR)
    figure, axes = plt.subplots(len(SYMBOLS), 5, figsize=(20, 10.5), constrained_layout=True)
    print("| tape | spread, cents | sign, lag 1 | lag 10 | size, lag 1 | lag 30 | return, lag 1 "
          "| kurtosis | first, middle, last half hour |")  # fmt: skip
    print("|---" * 9 + "|")
    for row, (name, con_id) in enumerate(SYMBOLS.items()):
        both = {
            "recorded, 2013-10-07": facts(recorded, con_id, [0]),
            f"synthetic, {DAYS} days": facts(synthetic, con_id, range(-DAYS, 0)),
        }
        for told, found in both.items():
            draw(axes[row], name, told, found)
            sign, size, share = found["sign"], found["size"], found["share"]
            print(f"| {name}, {told.split(',')[0]} | {found['spread']:.2f} | {sign[0]:.2f} "
                  f"| {sign[9]:.2f} | {size[0]:.2f} | {size[29]:.2f} | {found['return']:.2f} "
                  f"| {found['kurtosis']:.1f} "
                  f"| {share[0]:.0%}, {share[6]:.0%}, {share[-1]:.0%} |")  # fmt: skip
        for panel in axes[row][2:4]:
            panel.set_ylim(bottom=0)
    axes[0][0].legend()
    figure.suptitle("Stylised facts: a recorded day and the synthetic tape")
    figure.savefig(sys.argv[1] if len(sys.argv) > 1 else OUT, dpi=60)


def draw(axes: Sequence[plt.Axes], name: str, told: str, found: dict[str, object]) -> None:
    """One tape's five panels."""
    style = {"label": told, "marker": "." if told.startswith("recorded") else None}
    axes[0].plot(range(1, SIGN_LAGS + 1), found["sign"], **style)
    axes[0].set(title=f"{name}: sign of prints, autocorrelation", xlabel="lag, prints")
    axes[1].plot(range(1, SIZE_LAGS + 1), found["size"], **style)
    axes[1].set(title="size of minute returns, autocorrelation", xlabel="lag, minutes")
    axes[2].plot([place * 0.5 + 9.75 for place in range(CELLS)], found["share"], **style)
    axes[2].set(title="share of the day's volume", xlabel="hour")
    axes[3].plot([place * 0.5 + 9.75 for place in range(CELLS)], found["moves"], **style)
    axes[3].set(title="mean size of minute returns, basis points", xlabel="hour")
    edges = [place / 2 for place in range(-12, 13)]
    density = {"bins": edges, "density": True, "histtype": "step", "log": True}
    axes[4].hist(found["returns"], label=told, **density)
    axes[4].set(title="minute returns in deviations, density", xlabel="deviations")


if __name__ == "__main__":
    main()
