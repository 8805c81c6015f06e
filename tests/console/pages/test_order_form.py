"""What the ticket asks for: fields by type, what is missing, what is sent."""

from typing import Any

from papertape.console.pages.order_change import changes, times_of, unfit
from papertape.console.pages.order_form import (
    ALGORITHMS,
    KINDS,
    body_of,
    condition_text,
    labels,
    lacking,
    parameters_of,
)
from papertape.venue.broker.algo_terms import NEEDED, PARAMETERS
from walks import walk

EMPTY: dict[str, Any] = {
    "quantity": 100.0, "order_type": "MKT", "limit_price": None, "aux_price": None,
    "trailing_percent": None, "trail_stop_price": None, "limit_offset": None, "tif": "DAY",
    "volatility": None, "compete_offset": None, "delta": None,
    "good_till": "", "minutes": 10, "oca_group": "", "oca_type": 1, "conditions": [],
    "conditions_cancel": True, "conditions_any_hours": False, "hidden": False,
}  # fmt: skip


@walk("kind", KINDS)
def test_a_type_says_what_it_needs(kind: str) -> None:
    form = EMPTY | {"order_type": kind}
    needs = KINDS[kind].needs
    trails = "trailing_percent" in labels(kind)
    assert bool(lacking(form)) == bool(needs or trails)
    full = form | dict.fromkeys(labels(kind), 5.0)
    if trails:
        assert "one of them" in lacking(full)
        full["aux_price"] = None
    assert lacking(full) == ""
    sent = body_of(full | {"limit_offset": 5.0, "limit_price": 5.0})
    assert {name for name in sent if name.endswith(("price", "percent", "offset"))} <= set(
        labels(kind)
    )


@walk(
    ("change", "words"),
    [
        ({"quantity": 1.5}, "whole number"), ({"quantity": None}, "whole number"),
        ({"order_type": "LMT", "limit_price": 0.0}, "A limit order needs a limit price above 0."),
        ({"order_type": "STP"}, "A stop order needs a stop price."),
        ({"tif": "GTD"}, "needs a date"), ({"tif": "Minutes", "minutes": None}, "minutes"),
    ],
)  # fmt: skip
def test_what_is_missing_is_said(change: dict[str, Any], words: str) -> None:
    assert words in lacking(EMPTY | change)


def test_only_what_is_set_is_sent() -> None:
    assert body_of(EMPTY) == {"quantity": 100, "order_type": "MKT", "tif": "DAY"}
    more = {"tif": "Minutes", "oca_group": "g", "conditions": [{}], "hidden": True}
    assert body_of(EMPTY | more) == {
        "quantity": 100, "order_type": "MKT", "tif": "Minutes", "minutes": 10, "oca_group": "g",
        "oca_type": 1, "conditions": [{}], "conditions_cancel": True, "hidden": True,
    }  # fmt: skip


WORKED: dict[str, Any] = {
    "order_type": "LMT", "limit_price": 5.0, "algorithm": "Adaptive",
    "algorithm_parameters": "adaptivePriority = Urgent", "scale_first": None,
    "scale_further": None, "scale_increment": None,
}  # fmt: skip


def test_an_algorithm_is_sent_with_its_parameters() -> None:
    form = EMPTY | WORKED
    assert lacking(form) == ""
    sent = body_of(form)
    assert sent["algorithm"] == "Adaptive"
    assert sent["algorithm_parameters"] == {"adaptivePriority": "Urgent"}
    assert "algorithm_parameters" not in body_of(form | {"algorithm": ""})
    assert "one after another" in lacking(form | {"algorithm_parameters": "Urgent"})
    assert "market and limit" in lacking(form | {"order_type": "STP", "aux_price": 5.0})


def test_a_scale_is_whole_or_none() -> None:
    form = EMPTY | WORKED | {"algorithm": "", "scale_first": 10.0}
    assert "all three" in lacking(form)
    form |= {"scale_further": 5.0, "scale_increment": 0.05}
    assert lacking(form) == ""
    sent = body_of(form)
    assert (sent["scale_first"], sent["scale_further"], sent["scale_increment"]) == (10, 5, 0.05)
    assert "limit orders" in lacking(form | {"order_type": "MKT"})


def test_the_algorithms_are_those_of_the_broker_with_what_they_need() -> None:
    assert sorted(filter(None, ALGORITHMS)) == sorted(PARAMETERS)
    for name, text in ALGORITHMS.items():
        given = parameters_of(text)
        assert given is not None and set(given) <= set(PARAMETERS.get(name, ()))
        assert set(NEEDED.get(name, ())) <= set(given)


@walk(
    ("condition", "words"),
    [
        ({"kind": "price", "more": True, "level": 5.5}, "Price of SPY ≥ 5.50"),
        ({"kind": "margin", "more": False, "level": 10}, "Margin cushion ≤ 10.00%"),
        ({"kind": "volume", "more": True, "level": 1e6}, "Volume of SPY ≥ 1,000,000"),
        ({"kind": "change", "more": True, "level": 2}, "Change of SPY ≥ 2.00%"),
        ({"kind": "time", "more": False, "time": "now"}, "Time before now"),
        ({"kind": "execution", "more": True, "symbol": "IBM"}, "Execution of IBM"),
    ],
)
def test_a_condition_in_words(condition: dict[str, Any], words: str) -> None:
    assert condition_text(condition, "SPY") == words


def test_only_what_differs_is_changed() -> None:
    order = {"quantity": "100", "limit_price": 5.0, "tif": "DAY", "outside_rth": False}
    form = {"quantity": 100.0, "limit_price": 5.0, "tif": "DAY", "outside_rth": False}
    assert changes(order, form) == {}
    assert changes(order, form | {"quantity": 60.0, "outside_rth": True, "limit_price": None}) == {
        "quantity": 60, "outside_rth": True,
    }  # fmt: skip


def test_a_change_of_the_size_is_a_whole_number() -> None:
    order = {"quantity": "0.5"}
    assert "whole number" in unfit(order, {"quantity": 10.5})
    assert [unfit(order, {"quantity": one}) for one in (10.0, None, 0.5)] == ["", "", ""]


def test_a_change_offers_no_time_in_force_that_it_cannot_complete() -> None:
    """Minutes need their number, for which the dialog has no field."""
    assert "Minutes" not in times_of("LMT", "DAY") and "GTC" in times_of("LMT", "DAY")
    assert "Minutes" in times_of("LMT", "Minutes")
