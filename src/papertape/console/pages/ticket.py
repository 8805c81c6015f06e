"""The order ticket: a manual order, reviewed before it is transmitted."""

from collections.abc import Callable
from typing import Any

from nicegui import ui

from ..parts.choice import OptionButtons
from ..parts.components import button, card, heading
from ..parts.number_format import decimals, money, price, size
from ..parts.quote import Following, Quote
from ..parts.symbols import SymbolSearch, about
from ..remote import RemoteError
from ..topics import OVER
from ..view import PageView

TYPES = {"MKT": "Market", "LMT": "Limit"}
TIFS = ("DAY", "GTC", "IOC", "FOK")
TOUCHES = {"BUY": "ask", "SELL": "bid"}
"""Action -> the side of the quote that it trades against."""
MOST = 10**9
LOST = OVER - {"Filled"}
"""Statuses of an order that was not accepted."""


class Ticket:
    """The form, the quote beside it, and the confirmation before an order is sent."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._found: dict[str, Any] | None = None
        self._quote: Quote | None = None
        self._own_limit = False
        """Mark the limit price as the user's; a new quote does not change it."""
        with card("Enter order"), ui.element("form").classes("pt-ticket") as form:
            form.on("submit.prevent", self._submit)
            self._fields()
            self._error = ui.label().classes("pt-error").props('role="alert"')
            self._done = ui.label().classes("pt-soft pt-small").props('role="status"')
        self._following = Following(view, self._quoted)
        self._confirm = Confirm()
        self._typed()

    def accounts(self, codes: list[str]) -> None:
        """Offer the accounts; hidden when there is only one."""
        if list(self._account.options) != codes:
            self._account.set_options(codes, value=codes[0] if codes else None)
        self._account.set_visibility(len(codes) > 1)

    def _fields(self) -> None:
        self._search = SymbolSearch(self._view, self._choose)
        self._about = ui.label().classes("pt-soft pt-small")
        with ui.element("div").classes("pt-touch"):
            self._touches = {"SELL": self._touch("Bid", "SELL"), "BUY": self._touch("Ask", "BUY")}
        self._action = OptionButtons(
            {"BUY": "Buy", "SELL": "Sell"}, "BUY", lambda _: self._prefill(), label="Action"
        )
        with ui.element("div").classes("pt-pair"):
            self._quantity = _number("Quantity", 100, 1)
            self._type = _select("Type", TYPES, self._typed)
        with ui.element("div").classes("pt-pair"):
            self._limit = _number("Limit price", None, 0.01)
            self._limit.on("keydown", self._own)
            self._tif = _select("TIF", TIFS)
        self._account = _select("Account", ())
        button("Review order", lambda: None).props('type="submit"')

    def _touch(self, side: str, action: str) -> ui.button:
        """A side of the quote; pressing it fills in an order that trades against it."""
        made = ui.button(side, color=None, on_click=lambda: self._take(action))
        return made.props("unelevated no-caps flat").classes("pt-side")

    def _take(self, action: str) -> None:
        self._own_limit = False
        self._type.set_value("LMT")
        self._action.press(action)
        self._prefill()

    def _own(self) -> None:
        self._own_limit = True

    def _typed(self) -> None:
        self._limit.set_visibility(self._type.value == "LMT")
        self._prefill()

    async def _choose(self, found: dict[str, Any]) -> None:
        self._found, self._own_limit = found, False
        self._limit.format = f"%.{decimals(found['tick'])}f"
        self._limit.props(f"step={found['tick']}")
        self._limit.set_value(None)
        self._search.show(found["symbol"])
        self._about.set_text(about(found))
        await self._following.follow(found["con_id"])

    def _quoted(self, quote: Quote | None) -> None:
        self._quote = quote
        for action, made in self._touches.items():
            side = TOUCHES[action]
            worth = price(quote[side]) if quote else ""
            many = size(quote[f"{side}_size"]) if worth and quote else ""
            made.set_text(f"{side.title()} {worth or '–'}" + (f"\n× {many}" if many else ""))
        if self._limit.value is None:
            self._prefill()

    def _prefill(self) -> None:
        """Fill in the limit that trades at once, unless the user has entered one."""
        if self._own_limit or self._quote is None:
            return
        self._limit.set_value(self._quote[TOUCHES[self._action.value]])

    def _lacking(self) -> str:
        """What is missing in the form; "" when it is complete."""
        if self._found is None:
            return "Choose a symbol first: type a part of its name, then Enter."
        quantity = self._quantity.value
        if not quantity or quantity != int(quantity) or not 1 <= quantity <= MOST:
            return f"Quantity is a whole number from 1 to {MOST:,}."
        if self._type.value == "LMT" and not (self._limit.value and self._limit.value > 0):
            return "A limit order needs a limit price above 0."
        return ""

    def _submit(self) -> None:
        self._done.set_text("")
        lacking = self._lacking()
        self._error.set_text(lacking)
        if lacking or self._found is None:
            return
        limit = self._limit.value if self._type.value == "LMT" else None
        body = {
            "con_id": self._found["con_id"],
            "symbol": self._found["symbol"],
            "security_type": self._found["security_type"],
            "exchange": self._found["exchange"],
            "currency": self._found["currency"],
            "action": self._action.value,
            "quantity": int(self._quantity.value or 0),
            "order_type": self._type.value,
            "limit_price": limit,
            "tif": self._tif.value,
            "account": self._account.value or "",
        }
        multiplier = self._found["multiplier"]
        lines = in_full(body, self._quote, multiplier=multiplier)
        self._confirm.ask(lines, lambda: self._send(body))

    async def _send(self, body: dict[str, Any]) -> None:
        try:
            order = await self._view.desk.post("/orders", body)
        except RemoteError as problem:
            self._error.set_text(str(problem))
            return
        self._own_limit = False
        words = f"{in_full(body, None)[0]}: {order['status']}"
        (self._error if order["status"] in LOST else self._done).set_text(words)


def in_full(body: dict[str, Any], quote: Quote | None, *, multiplier: int = 1) -> list[str]:
    """The order in words, its account, and its approximate cost."""
    limit = price(body["limit_price"])
    parts = (body["action"], size(body["quantity"]), body["symbol"], body["order_type"], limit)
    lines = [" ".join(filter(None, (*parts, body["tif"])))]
    if body["account"]:
        lines.append(f"Account {body['account']}")
    each = body["limit_price"] or (quote and quote[TOUCHES[body["action"]]])
    if each:
        lines.append(f"About {money(each * body['quantity'] * multiplier)} {body['currency']}")
    return lines


class Confirm:
    """The confirmation before an order is sent."""

    def __init__(self) -> None:
        self._lines: list[str] = []
        with ui.dialog() as self._box, ui.card().props('aria-label="Send this order?"'):
            heading("Send this order?", 2)
            self._what = ui.label().classes("pt-num pt-strong")
            self._more = ui.label().classes("pt-num pt-soft")
            with ui.element("div").classes("pt-row"):
                button("Transmit", self._yes).props("autofocus")
                button("Back", self._box.close, kind="plain")
        self._then: Callable[[], Any] | None = None

    def ask(self, lines: list[str], then: Callable[[], Any]) -> None:
        """Show the order; call ``then`` when the user transmits it."""
        self._what.set_text(lines[0])
        self._more.set_text(" · ".join(lines[1:]))
        self._then = then
        self._box.open()

    async def _yes(self) -> None:
        then, self._then = self._then, None  # a second click sends nothing
        self._box.close()
        if then is not None:
            await then()


def _number(label: str, value: float | None, step: float) -> ui.number:
    made = ui.number(label, value=value, min=0, step=step).props("outlined dense")
    return made.props('inputmode="decimal"')


def _select(label: str, options: Any, told: Callable[[], object] | None = None) -> ui.select:
    chosen = next(iter(options), None)
    given = list(options) if isinstance(options, tuple) else options
    made = ui.select(given, label=label, value=chosen)
    if told is not None:
        made.on_value_change(lambda _: told())
    return made.props("outlined dense options-dense")
