"""Options together with what they are on: examples worked out by hand from the published rules."""

from itertools import permutations

from papertape.venue.broker.option_margin import OptionLot, Underlying, by_rule, by_scan
from papertape.venue.broker.schedules import MARGIN_MODELS
from walks import walk

DOLLAR = 10**6
RULES = MARGIN_MODELS["reg_t"].option
SCAN = MARGIN_MODELS["portfolio"].scan


def lots(text: str) -> list[OptionLot]:
    """``-2 C110 @3`` is two calls sold, strike 110, worth 3; ``/2`` ends later."""
    found = []
    for part in filter(None, text.split(";")):
        size, what, price = part.split()
        strike, _, ends = what[1:].partition("/")
        found.append(OptionLot(
            what[0] == "C", int(ends or 1), int(float(strike) * 100 * DOLLAR),
            int(size) * 10_000, int(float(price[1:]) * 100 * DOLLAR), 100,
        ))  # fmt: skip
    return found


def under(price: float, shares: int, rate: float) -> Underlying:
    margin = int(abs(shares) * price * rate * DOLLAR)
    return Underlying(int(price * DOLLAR), shares * 10_000, margin)


BY_RULE = {
    # name: options, price, shares, dollars
    "a long call": ("1 C100 @5", 100, 0, 0),
    "a short call at the money": ("-1 C100 @5", 100, 0, 500 + 2_000),
    "a short call out of the money": ("-1 C110 @3", 100, 0, 300 + 1_000),
    "a short call far out": ("-1 C150 @0.1", 100, 0, 10 + 1_000),
    "a short put far out has a tenth of the strike": ("-1 P50 @0.1", 100, 0, 10 + 500),
    "a cheap underlying needs 2.50 a share": ("-1 C5 @0.5", 5, 0, 50 + 250),
    "a bear call spread loses its width": ("-1 C100 @5;1 C110 @2", 100, 0,
                                           1_000),
    "a bull call spread loses nothing more": ("-1 C110 @2;1 C100 @5", 100, 0, 0),
    "a bull put spread loses its width": ("-1 P100 @5;1 P95 @3", 100, 0, 500),
    "a bear put spread loses nothing more": ("-1 P95 @3;1 P100 @5", 100, 0, 0),
    "a long option that ends sooner covers nothing": ("-1 C100/2 @5;1 C105/1 @2", 100, 0, 2_500),
    "one that ends later covers": ("-1 C100/1 @5;1 C105/2 @4", 100, 0, 500),
    "two short and one long": ("-2 C100 @5;1 C110 @2", 100, 0, 1_000 + 2_500),
    "an iron condor pays both sides": ("-1 C110 @3;1 C120 @1;-1 P90 @3;1 P80 @1", 100, 0, 2_000),
    "a spread wider than the bare option is left": ("-1 C100 @5;1 C200 @0.1", 100, 0, 2_500),
    "a short straddle": ("-1 C100 @5;-1 P100 @4", 100, 0, 2_500 + 400),
    "a short strangle": ("-1 C110 @3;-1 P80 @1", 100, 0, 1_300 + 100),
    "two calls and a put": ("-2 C100 @5;-1 P100 @4", 100, 0, 2_500 + 400 + 2_500),
    "a covered call needs the shares' margin": ("-1 C110 @3", 100, 100, 2_500),
    "or the call's value": ("-1 C60 @41", 100, 100, 4_100),
    "half covered": ("-2 C110 @3", 100, 100, 2_500 + 1_300),
    "99 shares cover nothing": ("-1 C110 @3", 100, 99, 2_475 + 1_300),
    "a covered put, in the money": ("-1 P110 @12", 100, -100, 2_500 + 1_000),
    "a protective put": ("1 P95 @3", 100, 100, 950 + 500),
    "a protective put that does not help": ("1 P60 @0.1", 100, 100, 2_500),
    "a protective call": ("1 C105 @3", 100, -100, 1_050 + 500),
    "a put protects only whole lots": ("1 P95 @3", 100, 150, 2_500 * 1.5 - 2_500 + 1_450),
    "the option that protects best protects": ("1 P60 @0.1;1 P90 @1;1 P95 @3;1 P80 @0.5", 100, 100,
                                               950 + 500),
    "the one that ends first covers, the other protects": ("1 P95/2 @4;-1 P90/1 @1;1 P95/1 @3",
                                                           100, 100, 950 + 500),
    "shares that cover are not protected as well": ("-1 C110 @3;1 P95 @3", 100, 100, 2_500),
}  # fmt: skip


@walk("name", BY_RULE)
def test_by_rule(name: str) -> None:
    options, price, shares, dollars = BY_RULE[name]
    assert by_rule(lots(options), under(price, shares, 0.25), RULES) == int(dollars * DOLLAR)


@walk("name", BY_RULE)
def test_the_order_in_which_options_are_held_changes_nothing(name: str) -> None:
    options, price, shares, dollars = BY_RULE[name]
    for some in permutations(options.split(";")):
        found = by_rule(lots(";".join(some)), under(price, shares, 0.25), RULES)
        assert found == int(dollars * DOLLAR), some


BY_SCAN = {
    "shares": ("", 100, 100, 1_500),
    "short shares": ("", 100, -100, 1_500),
    "a long call": ("1 C100 @5", 100, 0, 0),
    "a short call": ("-1 C100 @5", 100, 0, 500 + 1_500),
    "a short call far out of the money": ("-1 C150 @0.1", 100, 0, 37.5),
    "a vertical": ("-1 C100 @5;1 C110 @2", 100, 0, 500 + 1_500 - 200 - 500),
    "a covered call is short a put": ("-1 C100 @5", 100, 100, 2_000),
    "a protective put": ("1 P100 @4", 100, 100, 0),
    "a straddle": ("-1 C100 @5;-1 P100 @4", 100, 0, 900 + 1_500),
}


@walk("name", BY_SCAN)
def test_by_scan(name: str) -> None:
    assert SCAN is not None
    options, price, shares, dollars = BY_SCAN[name]
    assert by_scan(lots(options), under(price, shares, 0.15), SCAN) == int(dollars * DOLLAR)


def test_an_index_moves_less() -> None:
    assert SCAN is not None
    index = Underlying(100 * DOLLAR, index=True)
    assert by_scan(lots("-1 P100 @4"), index, SCAN) == (400 + 800) * DOLLAR
    assert by_scan(lots("-1 C100 @4"), index, SCAN) == (400 + 600) * DOLLAR
    short = by_rule(lots("-1 C100 @4"), index, RULES)
    assert short == (400 + 1_500) * DOLLAR
