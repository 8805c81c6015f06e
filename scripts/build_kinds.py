"""Writes the tables of docs/reference/kinds.md: rates, and which test shows what of each kind.

    python scripts/build_kinds.py            write
    python scripts/build_kinds.py --check    fail if the page is not what would be written

Each table stands between ``<!-- NAME -->`` and ``<!-- end -->``; the rest is written by hand.
"""

import re
import sys
from decimal import Decimal
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "reference" / "kinds.md"
sys.path.insert(0, str(ROOT / "tests"))

from papertape.venue.broker.interest_rates import INTEREST_RATES, Tiers  # noqa: E402
from papertape.venue.broker.schedules import (  # noqa: E402
    FEE_PLANS,
    FUTURE_MARGINS,
    MARGIN_MODELS,
    REG_T_END,
    Below,
    ContractRates,
    FaceRates,
    StockRates,
    ValueRates,
)
from papertape.venue.units import CASH_SCALE, RATE_SCALE, SIZE_SCALE  # noqa: E402
from venue.kinds_tested import COLUMNS, TESTED  # noqa: E402
from written_page import finish  # noqa: E402

NAMES = {
    "STK": "stocks", "CASH": "currency pairs", "OPT": "options", "FUT": "futures",
    "FOP": "options on futures", "CRYPTO": "crypto currencies", "CFD": "CFDs", "BOND": "bonds",
    "CMDTY": "metals", "FUND": "mutual funds", "WAR": "warrants",
    "BAG": "combinations",
}  # fmt: skip


def percent(rate: int) -> str:
    """A rate as a text."""
    return f"{(Decimal(rate) * 100 / RATE_SCALE).normalize():f} %"


def margin_rows() -> str:
    """Maintenance rates of each kind and model."""
    models = [model for model in MARGIN_MODELS.values() if not model.cash]
    heads = [name for name, model in MARGIN_MODELS.items() if not model.cash]
    lines = [f"| | {' | '.join(heads)} | `RegTMargin` |", "|---|" + "---|" * (len(heads) + 1)]
    for kind, name in NAMES.items():
        if kind in ("OPT", "FOP", "BAG"):
            continue
        cells = [percent(model.rate_of(kind)) for model in models]
        end = "" if kind == "FUT" else percent(REG_T_END.rate_of(kind))
        lines.append(f"| {name} (`{kind}`) | {' | '.join(cells)} | {end} |")
    for kind, each in FUTURE_MARGINS.items():
        lines.append(f"| a future of `{kind}` | {' | '.join([f'{each // CASH_SCALE:,}'] * 2)} | |")
    return "\n".join(lines) + "\n"


def fee_rows() -> str:
    """The schedules of what pays by its value, in the plan ``fixed``."""
    fixed = FEE_PLANS["fixed"]
    schedules = {"CASH": fixed.forex, "STK": fixed.other_stock, **fixed.kinds}
    lines = ["| | of the value | at least | at most |", "|---|---|---|---|"]
    for kind, name in NAMES.items():
        schedule = schedules.get(kind)
        if not isinstance(schedule, ValueRates):
            continue
        most = "" if schedule.cap == RATE_SCALE else percent(schedule.cap)
        least = f"{Decimal(schedule.minimum) / CASH_SCALE:.2f}"
        shown = f"{name}, other currencies" if kind == "STK" else name
        lines.append(f"| {shown} (`{kind}`) | {percent(schedule.of_value)} | {least} | {most} |")
    for currency, one in fixed.stocks.items():
        most = "" if one.cap == RATE_SCALE else percent(one.cap)
        least = f"{Decimal(one.minimum) / CASH_SCALE:.2f}"
        if isinstance(one, ValueRates):
            cell = percent(one.of_value)
        else:
            cell = f"{Decimal(one.per_share) / RATE_SCALE:.2f} a share"
        lines.append(f"| stocks in `{currency}` | {cell} | {least} | {most} |")
    for name, rates in (("corporate bonds", fixed.bond), ("treasuries", fixed.treasury)):
        assert isinstance(rates, FaceRates)
        bound = f"{rates.bound // CASH_SCALE:,}"
        cell = f"{percent(rates.first)} of {bound} of face value, {percent(rates.rest)} of the rest"
        capped = rates.cap != RATE_SCALE
        most = f"{percent(rates.cap)}, {rates.most / CASH_SCALE:.2f}" if capped else ""
        lines.append(f"| {name} | {cell} | {rates.minimum / CASH_SCALE:.2f} | {most} |")
    return "\n".join(lines) + "\n"


def tier_rows() -> str:
    """What is paid for what lies above so much of a month."""
    plan = FEE_PLANS["tiered"]
    stock, option, pair = plan.us_stock, plan.option, plan.forex
    assert isinstance(stock, StockRates)
    assert isinstance(option, ContractRates)
    assert isinstance(pair, ValueRates)

    def contract(rate: int, below: Below) -> str:
        cells = [f"{each / CASH_SCALE:.2f} below {most / CASH_SCALE:.2f}" for most, each in below]
        return ", ".join([f"{rate / CASH_SCALE:.2f}", *cells])

    lines = ["| | above, in a month | rate |", "|---|---|---|"]
    for above, rate in ((0, stock.per_share), *stock.tiers):
        lines.append(
            f"| stocks in dollars, a share (`tiered`) | {above // SIZE_SCALE:,} |"
            f" {Decimal(rate) / RATE_SCALE:.4f} |"
        )
    for above, rate, below in ((0, option.per_contract, option.below), *option.tiers):
        cell = contract(rate, below)
        lines.append(f"| options, a contract | {above // SIZE_SCALE:,} | {cell} |")
    future, future_option = plan.future, plan.future_option
    assert isinstance(future_option, ContractRates)
    micro, other = next(iter(future.classes.values())), future.other
    for above, less, more in ((0, 0, 0), *future.tiers):
        cells = f"{(other - more) / CASH_SCALE:.2f}, micro {(micro - less) / CASH_SCALE:.2f}"
        lines.append(f"| futures, a contract (`tiered`) | {above // SIZE_SCALE:,} | {cells} |")
    for above, rate, below in ((0, future_option.per_contract, ()), *future_option.tiers):
        cell = contract(rate + future_option.passed, below)
        lines.append(
            f"| options on futures, a contract (`tiered`) | {above // SIZE_SCALE:,} | {cell} |"
        )
    for above, rate, least in ((0, pair.of_value, pair.minimum), *pair.tiers):
        cell = f"{percent(rate)}, at least {least / CASH_SCALE:.2f}"
        lines.append(f"| currency pairs, dollars | {above // CASH_SCALE:,} | {cell} |")
    return "\n".join(lines) + "\n"


def interest_rows() -> str:
    """Benchmarks, and what is added to them, by currency."""
    lines = ["| | benchmark | days | paid | loans | on short sales |", "|---|---|---|---|---|---|"]
    for name, rates in INTEREST_RATES.items():
        cells = [percent(rates.benchmark), str(rates.year)]
        cells += map(_tiers, (rates.credit, rates.debit, rates.short))
        lines.append(f"| `{name}` | {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def _tiers(tiers: Tiers) -> str:
    """What is added in each tier, with the bound above which that holds."""
    return ", ".join(
        ("none" if spread is None else f"{Decimal(spread) * 100 / RATE_SCALE:+.2f}")
        + (f" from {above // CASH_SCALE:,}" if above else "")
        for above, spread in tiers
    )


def test_rows() -> str:
    """Which test shows what."""
    lines = [f"| | {' | '.join(COLUMNS)} |", "|---|" + "---|" * len(COLUMNS)]
    for kind, cells in TESTED.items():
        shown = " | ".join(map(_cell, cells))
        lines.append(f"| {NAMES[kind]} (`{kind}`) | {shown} |")
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    word, colon, proof = text.rpartition(": ")
    if "::" not in proof:
        return text
    path, name = proof.split("::")
    shown = name.removeprefix("test_").replace("_", " ")
    return f"{word}{colon}[{shown}](../../tests/venue/{path})"


TABLES = {
    "margin": margin_rows,
    "fees": fee_rows,
    "tiers": tier_rows,
    "interest": interest_rows,
    "tests": test_rows,
}


def render(page: str) -> str:
    """The page with its tables rewritten."""
    return re.sub(
        r"<!-- (\w+) -->\n.*?<!-- end -->",
        lambda found: f"<!-- {found[1]} -->\n{TABLES[found[1]]()}<!-- end -->",
        page,
        flags=re.DOTALL,
    )


def main() -> int:
    """Write the page, or with --check say whether it is what would be written."""
    return finish(PAGE, render(PAGE.read_text("utf-8")))


if __name__ == "__main__":
    sys.exit(main())
