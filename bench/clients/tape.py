"""Measures the synthetic tape; run by ``bench tape`` with one source tree or another.

``tape.py ROUNDS``: prints what was done and the best of the rounds in milliseconds of processor
time. Kinds that an older tree does not have are left out.
"""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

from papertape.venue.market.tape import Market, open_market
from papertape.venue.units import DAY, MINUTE, SECOND

ANCHOR = 1_700_000_000 * SECOND // MINUTE * MINUTE
STOCK, PAIR = 265598, 12087792
NOW = ANCHOR + 77 * MINUTE
CHAIN = 3_000


def measured(rounds: int, work: Callable[[Market], Any], make: Callable[[], Market]) -> float:
    """The best of the rounds, each with a market of its own."""
    best = 1e9
    for _ in range(rounds):
        market = make()
        begin = time.process_time()
        work(market)
        best = min(best, time.process_time() - begin)
    return round(best * 1e3, 3)


def usual(rounds: int) -> dict[str, float]:
    open_market(ANCHOR).quote(STOCK, ANCHOR)
    found: dict[str, float] = {}
    for con_id, name, what in ((STOCK, "stock", "TRADES"), (PAIR, "pair", "BID")):

        def bars(market: Market, days: int, step: int, con_id: int = con_id, what: str = what):
            market.bars(con_id, start=ANCHOR - days * DAY, end=ANCHOR, step=step, what=what)

        work = {
            f"first quote of a {name}": lambda m, c=con_id: m.quote(c, NOW),
            f"first day's figures of a {name}": lambda m, c=con_id: m.day(c, NOW),
            f"ticks of a day of a {name}": lambda m, c=con_id: list(
                m.ticks(c, ANCHOR - DAY, ANCHOR)
            ),
            f"daily bars of a year of a {name}": lambda m: bars(m, 365, DAY),
            f"minute bars of a year of a {name}": lambda m: bars(m, 365, MINUTE),
        }
        for told, one in work.items():
            found[told] = measured(rounds, one, lambda: open_market(ANCHOR))
    return found


def kinds(rounds: int) -> dict[str, float]:
    from papertape.venue.market.kinds import OptionSpec
    from papertape.venue.market.synthetic import SyntheticSpec

    specs: dict[int, Any] = {
        place: SyntheticSpec(1_000_000 + place, beta=1.0) for place in range(1, 10_001)
    }
    chain: dict[int, Any] = {1: SyntheticSpec(2_700_000, beta=1.0)}
    for place in range(CHAIN):
        expiry = ANCHOR + (20 + place // 300 * 30) * DAY
        strike = 200.0 + place % 150
        option = OptionSpec(
            underlying=1, strike=strike, call=place % 300 < 150, expiry=expiry, dividend=0.01
        )
        chain[2 + place] = option
    found = {
        "a market of 10,000 instruments": measured(
            rounds, lambda m: None, lambda: open_market(ANCHOR, synthetic=specs)
        )
    }
    begin = time.process_time()
    market = open_market(ANCHOR, synthetic=specs)
    market.con_ids()
    found["a market of 10,000 instruments"] = round((time.process_time() - begin) * 1e3, 3)
    found["first quote of an option"] = measured(
        rounds, lambda m: m.quote(500, NOW), lambda: open_market(ANCHOR, synthetic=chain)
    )
    market = open_market(ANCHOR, synthetic=chain)

    def all_of(at: int) -> float:
        begin = time.process_time()
        for con_id in range(2, 2 + CHAIN):
            market.quote(con_id, at)
        return (time.process_time() - begin) * 1e3

    found["first quotes of 3,000 options"] = round(all_of(NOW), 1)
    steps = [all_of(NOW + place * SECOND // 4) for place in range(1, 481)]
    found["quotes of 3,000 options, the mean of two minutes' 250 ms"] = round(sum(steps) / 480, 2)
    found["quotes of 3,000 options, the longest of them"] = round(max(steps), 1)
    begin = time.process_time()
    for con_id in range(2, 302):
        market.day(con_id, NOW)
    found["first day's figures of 300 options"] = round((time.process_time() - begin) * 1e3, 1)
    return found


def main() -> None:
    rounds = int(sys.argv[1])
    found = usual(rounds)
    try:
        found |= kinds(rounds)
    except ImportError as error:
        print(f"left out: {error}", file=sys.stderr)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
