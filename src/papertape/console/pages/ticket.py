"""The order ticket: a manual order, reviewed with its margin before it is transmitted."""

from collections.abc import Callable, Mapping
from typing import Any

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from ..parts.choice import OptionButtons
from ..parts.components import button, card, heading
from ..parts.market_hours import hours_note
from ..parts.number_format import decimals, money, price, signed, size
from ..parts.order_fields import choice, fold, number, order_form, relabel, text
from ..parts.quote import Following, Quote
from ..parts.symbols import SymbolSearch, about
from ..remote import RemoteError
from ..topics import OVER, WatchedStation
from ..view import PageView
from .order_conditions import ConditionsEditor
from .order_form import (
    ALGORITHMS,
    KINDS,
    OCA_TYPES,
    PRICES,
    SAMPLE_TIME,
    TIFS,
    body_of,
    kinds_of,
    labels,
    lacking,
)
from .order_review import FIGURES, TOUCHES, in_full

LOST = OVER - {"Filled"}
"""Statuses of an order that was not accepted."""
SIGNED = ("limit_offset", "delta")
"""Numbers that may be negative."""
MARGINS = {
    "initial_margin": "Initial margin", "maintenance_margin": "Maintenance margin",
    "equity_with_loan": "Equity with loan",
}  # fmt: skip


FEES = ("commission", "least_commission", "most_commission")
"""One commission, or the ends of a range."""


class Ticket:
    """The form, the quote beside it, and the confirmation before an order is sent."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._found: dict[str, Any] | None = None
        self._quote: Quote | None = None
        self._own_limit = False
        """Mark the limit price as the user's; a new quote does not change it."""
        with card("Enter order"), order_form() as form:
            form.on("submit.prevent", self._submit)
            self._fields()
            self._folded()
            button("Review order", lambda: None).props('type="submit"')
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

    # -- the form -----------------------------------------------------------------------------

    def _fields(self) -> None:
        self._search = SymbolSearch(self._view, self.choose)
        self._about = ui.label().classes("pt-soft pt-small")
        with ui.element("div").classes("pt-touch"):
            self._touches = {"SELL": self._touch("Bid", "SELL"), "BUY": self._touch("Ask", "BUY")}
        self._hours = ui.label().classes("pt-soft pt-small").props('role="status"')
        self._action = OptionButtons(
            {"BUY": "Buy", "SELL": "Sell"}, "BUY", lambda _: self._prefill(), label="Action"
        )
        with ui.element("div").classes("pt-pair"):
            self._type = choice("Type", kinds_of(""), self._typed).classes("pt-whole")
            self._quantity = number("Quantity", 100, 1)
            self._prices = {
                name: number("", None, least=None if name in SIGNED else 0) for name in PRICES
            }
            self._tif = choice("TIF", TIFS, self._typed).classes("pt-whole")
            self._good_till = text("Until", placeholder=SAMPLE_TIME).classes("pt-whole")
            self._minutes = number("Minutes", 10, 1)
        self._limit = self._prices["limit_price"]
        self._limit.on("keydown", self._own)
        self._account = choice("Account", {})

    def _folded(self) -> None:
        with fold("Bracket") as self._bracket:
            with ui.element("div").classes("pt-pair"):
                self._take_profit = number("Take profit", None)
                self._stop_loss = number("Stop loss", None)
            note = "They wait for this order to fill; the first to fill reduces the other."
            ui.label(note).classes("pt-soft pt-small")
        with fold("Conditions") as self._held:
            self._conditions = ConditionsEditor(self._view, lambda: self._found, self._summed)
        with fold("Algorithm and scale"):
            names = {name: name or "None" for name in ALGORITHMS}
            self._algorithm = choice("Algorithm", names, self._chosen)
            self._parameters = text("Parameters", longest=400)
            with ui.element("div").classes("pt-pair"):
                self._scale = {
                    "scale_first": number("First size", None, 1),
                    "scale_further": number("Later sizes", None, 1),
                    "scale_increment": number("Step", None),
                }
        with fold("Group and more"):
            self._group = text("OCA group")
            self._group_type = choice("A fill of the group", OCA_TYPES)
            with ui.element("div").classes("pt-pair"):
                self._least = number("At least", None, 1)
                self._display = number("Display size", None, 1)
            self._after = text("Not before", placeholder=SAMPLE_TIME)
            self._reference = text("Reference")
            self._outside = ui.checkbox("Outside regular hours")
            self._whole = ui.checkbox("All or none")
            self._hidden = ui.checkbox("Hidden")
        for field in (self._take_profit, self._stop_loss):
            field.on_value_change(lambda _: self._summed())

    def _chosen(self) -> None:
        """Begin with the parameters that an algorithm needs."""
        self._parameters.set_value(ALGORITHMS[self._algorithm.value])

    def _summed(self) -> None:
        """Say in the headings what the folded parts hold."""
        prices = [price(one.value) for one in (self._take_profit, self._stop_loss) if one.value]
        self._bracket.say(" / ".join(prices))
        editor = getattr(self, "_conditions", None)
        many = len(editor.conditions) if editor is not None else 0
        self._held.say(str(many) if many else "")

    def _touch(self, side: str, action: str) -> ui.button:
        """A side of the quote; pressing it fills in an order that trades against it."""
        made = ui.button(side, color=None, on_click=lambda: self._take(action))
        return made.props("unelevated no-caps flat").classes("pt-side")

    def _take(self, action: str) -> None:
        self._own_limit = False
        if "limit_price" not in labels(self._type.value):
            self._type.set_value("LMT")
        self._action.press(action)
        self._prefill()

    def _own(self) -> None:
        self._own_limit = True

    def _typed(self) -> None:
        """Show the fields of the type and the time in force; a price that means something else
        now, as a stop price does as an amount to trail by, is entered again."""
        named = labels(self._type.value)
        for name, field in self._prices.items():
            field.set_visibility(name in named)
            if name in named and relabel(field, named[name]) and field is not self._limit:
                field.set_value(None)
        allowed = {name: TIFS[name] for name in KINDS[self._type.value].tifs}
        if self._tif.options != allowed:
            kept = self._tif.value if self._tif.value in allowed else next(iter(allowed))
            self._tif.set_options(allowed, value=kept)
        self._good_till.set_visibility(self._tif.value == "GTD")
        self._minutes.set_visibility(self._tif.value == "Minutes")
        self._prefill()

    async def choose(self, found: dict[str, Any]) -> None:
        """Choose an instrument."""
        self._found, self._own_limit = found, False
        for name, field in self._prices.items():
            if name not in FIGURES:
                in_ticks(field, found["tick"])
            field.set_value(None)
        for field in (self._take_profit, self._stop_loss):
            in_ticks(field, found["tick"])
            field.set_value(None)
        types = kinds_of(found["security_type"])
        if self._type.options != types:
            kept = self._type.value if self._type.value in types else "MKT"
            self._type.set_options(types, value=kept)
        self._conditions.clear()
        self._search.show(found["symbol"])
        self._about.set_text(about(found))
        await self._following.follow(found["con_id"])

    def _quoted(self, quote: Quote | None) -> None:
        self._quote = quote
        self._hours.set_text(hours_note(quote))
        digits = decimals(self._found["tick"]) if self._found else 2
        for action, made in self._touches.items():
            side = TOUCHES[action]
            worth = price(quote[side], digits) if quote else ""
            many = size(quote[f"{side}_size"]) if worth and quote else ""
            made.set_text(f"{side.title()} {worth or '–'}" + (f"\n× {many}" if many else ""))
        if self._limit.value is None:
            self._prefill()

    def _prefill(self) -> None:
        """Fill in the limit that trades at once, unless the user has entered one or it is a cap."""
        if self._own_limit or self._quote is None:
            return
        if "limit_price" in KINDS[self._type.value].may:
            self._limit.set_value(None)
            return
        self._limit.set_value(self._quote[TOUCHES[self._action.value]])

    # -- sending ------------------------------------------------------------------------------

    def _form(self) -> dict[str, Any]:
        """What was entered."""
        assert self._found is not None
        found = self._found
        return {
            "con_id": found["con_id"],
            "symbol": found["symbol"],
            "security_type": found["security_type"],
            "exchange": found["exchange"],
            "currency": found["currency"],
            "action": self._action.value,
            "quantity": self._quantity.value,
            "order_type": self._type.value,
            **{name: field.value for name, field in self._prices.items()},
            "tif": self._tif.value,
            "good_till": self._good_till.value,
            "minutes": int(self._minutes.value) if self._minutes.value else None,
            "take_profit": self._take_profit.value,
            "stop_loss": self._stop_loss.value,
            **self._conditions.form,
            "algorithm": self._algorithm.value,
            "algorithm_parameters": self._parameters.value,
            **{name: field.value for name, field in self._scale.items()},
            "oca_group": self._group.value,
            "oca_type": self._group_type.value,
            "minimum_quantity": int(self._least.value) if self._least.value else None,
            "display_size": int(self._display.value) if self._display.value else None,
            "good_after": self._after.value,
            "reference": self._reference.value,
            "outside_rth": self._outside.value,
            "all_or_none": self._whole.value,
            "hidden": self._hidden.value,
            "account": self._account.value or "",
        }

    async def _submit(self) -> None:
        self._done.set_text("")
        if self._found is None:
            self._error.set_text("Choose a symbol first: type a part of its name, then Enter.")
            return
        form = self._form()
        problem = lacking(form)
        self._error.set_text(problem)
        if problem:
            return
        body = body_of(form)
        lines = in_full(body, self._quote, multiplier=self._found["multiplier"])
        await self._confirm.ask(self._view.desk, body, lines, lambda: self._send(body))

    async def _send(self, body: dict[str, Any]) -> None:
        try:
            order = await self._view.desk.post("/orders", body)
        except RemoteError as problem:
            self._error.set_text(str(problem))
            return
        self._own_limit = False
        words = f"{in_full(body, None)[0]}: {order['status']}"
        (self._error if order["status"] in LOST else self._done).set_text(words)


def in_ticks(field: ui.number, tick: float) -> None:
    """Show a price with the places of its step, and let the arrows go by it."""
    field.format = f"%.{decimals(tick)}f"
    field.props(f"step={tick}")


def margin_lines(told: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """The answer of a preview: title, change, and the figure afterwards."""
    currency = told["currency"]
    rows = [
        (title, signed(told[name]["change"]), f"{money(told[name]['after'])} {currency}")
        for name, title in MARGINS.items()
    ]
    fees = [money(told[name]) for name in FEES if told[name] is not None]
    fee = " – ".join(fees)
    return [*rows, ("Commission", "", f"{fee} {told['commission_currency']}" if fee else "–")]


class Confirm:
    """The confirmation before an order is sent, with what the order changes of the margin."""

    def __init__(self) -> None:
        with ui.dialog() as self._box, ui.card().props('aria-label="Send this order?"'):
            heading("Send this order?", 2)
            self._what = ui.label().classes("pt-num pt-strong")
            self._more = ui.label().classes("pt-num pt-soft")
            self._margin = ui.element("dl").classes("pt-margin pt-num")
            self._warning = ui.label().classes("pt-error").props('role="alert"')
            with ui.element("div").classes("pt-row"):
                button("Transmit", self._yes).props("autofocus")
                button("Back", self._box.close, kind="plain")
        self._then: Callable[[], Any] | None = None

    async def ask(
        self, desk: WatchedStation, body: dict[str, Any], lines: list[str], then: Callable[[], Any]
    ) -> None:
        """Show the order in ``lines``, then its margin or why it would be refused; call ``then``
        when the user transmits it."""
        self._what.set_text(lines[0])
        self._more.set_text(" · ".join(lines[1:]))
        self._margin.clear()
        self._warning.set_text("")
        self._then = then
        self._box.open()
        try:
            self._tell_margin(await desk.get_by_post("/previews", body))
        except RemoteError as refused:
            self._warning.set_text(str(refused))

    def _tell_margin(self, told: Mapping[str, Any]) -> None:
        """Show what the order would change."""
        self._margin.clear()
        with self._margin:
            for title, change, after in margin_lines(told):
                _margin_row(title, change, after)
        self._warning.set_text(told["warning"])

    async def _yes(self) -> None:
        then, self._then = self._then, None  # a second click sends nothing
        self._box.close()
        if then is not None:
            await then()


def _margin_row(title: str, change: str, after: str) -> None:
    """A row of the margin preview."""
    with ui.element("div"):
        TextElement(tag="dt", text=title)
        TextElement(tag="dd", text=after)
        TextElement(tag="dd", text=change).classes("pt-soft")
