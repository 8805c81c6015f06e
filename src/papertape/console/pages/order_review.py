"""An order in words, before it is sent: all that was entered, and what it costs. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from ..parts.number_format import money, price, size
from ..parts.quote import Quote
from .order_form import KINDS, PRICES, labels

TOUCHES: Final = {"BUY": "ask", "SELL": "bid"}
"""The side of the quote that an action trades against."""
PLAIN: Final = ("Limit price", "Stop price", "Trigger price")
"""What a price alone means, without a word."""
FIGURES: Final = ("trailing_percent", "volatility", "delta")
"""Those of the prices of the form that are none, and not in steps of a price."""
ADDED: Final = {
    "take_profit": "Take profit", "stop_loss": "Stop loss", "algorithm": "Algorithm",
    "scale_first": "First size", "scale_further": "Later sizes", "scale_increment": "Step",
    "oca_group": "OCA group", "minimum_quantity": "At least", "display_size": "Display size",
    "good_after": "Not before", "reference": "Reference",
}  # fmt: skip
"""Field -> what stands before its value."""
FLAGS: Final = {
    "outside_rth": "Outside regular hours", "all_or_none": "All or none", "hidden": "Hidden",
}  # fmt: skip


def in_full(body: Mapping[str, Any], quote: Quote | None, *, multiplier: int = 1) -> list[str]:
    """The order in words, what belongs to it, its account, and its approximate cost."""
    words = [body["action"], size(body["quantity"]), body["symbol"], body["order_type"]]
    words += _prices(body)
    until = body.get("good_till") or (f"{body['minutes']} min" if body.get("minutes") else "")
    lines = [" ".join(filter(None, (*words, body["tif"], until)))]
    lines += _belongings(body)
    if body.get("account"):
        lines.append(f"Account {body['account']}")
    each = _each(body, quote)
    if each:
        lines.append(f"About {money(each * body['quantity'] * multiplier)} {body['currency']}")
    return lines


def _prices(body: Mapping[str, Any]) -> list[str]:
    """The prices of an order; with what each is, where that would not be clear."""
    named = labels(body["order_type"]) if body["order_type"] in KINDS else {}
    order = sorted(PRICES, key=lambda name: name not in ("aux_price", "trailing_percent"))
    given = [name for name in order if body.get(name) is not None]
    found = []
    for name in given:
        label = named.get(name, "")
        value = f"{body[name]:g}" if name in FIGURES else price(body[name])
        value += "%" if name == "trailing_percent" else ""
        alone = not label or name == "trailing_percent" or (len(given) == 1 and label in PLAIN)
        found.append(value if alone else f"{label.removesuffix(' price').lower()} {value}")
    return found


def _belongings(body: Mapping[str, Any]) -> Iterator[str]:
    """What was entered in the folded parts of the ticket."""
    for name, title in ADDED.items():
        value = body.get(name)
        if value is None or value == "":
            continue
        told = f"{title} {price(value) if isinstance(value, float) else value}"
        if name == "algorithm" and body.get("algorithm_parameters"):
            pairs = (f"{tag}={text}" for tag, text in body["algorithm_parameters"].items())
            told += f" ({', '.join(pairs)})"
        yield told
    if body.get("conditions"):
        many = len(body["conditions"])
        what = "cancel it" if body.get("conditions_cancel") else "hold it"
        yield f"{many} condition{'s' if many > 1 else ''} {what}"
    for name, title in FLAGS.items():
        if body.get(name):
            yield title


def _each(body: Mapping[str, Any], quote: Quote | None) -> float | None:
    """What one costs about: an amount to trail by or an offset is no price."""
    named = labels(body["order_type"]) if body["order_type"] in KINDS else {}
    stop = body.get("aux_price") if named.get("aux_price") in PLAIN else None
    found: float | None = body.get("limit_price") or stop
    return found or (quote[TOUCHES[body["action"]]] if quote else None)
