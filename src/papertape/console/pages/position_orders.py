"""Closing and reversing a position: a market order, shown with its margin before it is sent."""

from decimal import Decimal
from typing import Any

from nicegui import ui

from ..parts.components import button, heading
from ..parts.number_format import money, size
from ..remote import RemoteError
from ..view import PageView
from .order_review import in_full
from .ticket import LOST, Confirm

CLOSED = "The position in {symbol} is closed already."


def closing(position: dict[str, Any], found: dict[str, Any], *, times: int) -> dict[str, Any]:
    """The body of the order that closes a position, or with ``times=2`` reverses it."""
    held = Decimal(str(position["position"]))
    many = abs(held) * times
    return {
        "con_id": position["con_id"],
        "symbol": found["symbol"],
        "security_type": found["security_type"],
        "exchange": found["exchange"],
        "currency": found["currency"],
        "action": "SELL" if held > 0 else "BUY",
        "quantity": int(many) if many == int(many) else float(many),
        "order_type": "MKT",
        "tif": "DAY",
        "account": position["account"],
    }


class PositionOrders:
    """Asks what to do with a position, and then whether to send the order."""

    def __init__(self, view: PageView) -> None:
        self._view = view
        self._position: dict[str, Any] = {}
        with ui.dialog() as self._box, ui.card().props('aria-label="Close this position?"'):
            heading("Close this position?", 2)
            self._what = ui.label().classes("pt-num pt-strong")
            self._more = ui.label().classes("pt-num pt-soft")
            with ui.element("div").classes("pt-row"):
                button("Close", lambda: self._ask(1))
                button("Reverse", lambda: self._ask(2), kind="plain")
                button("Back", self._box.close, kind="plain")
        self._confirm = Confirm()

    def ask(self, position: dict[str, Any]) -> None:
        """Show a position."""
        self._position = position
        self._what.set_text(f"{size(position['position'])} {position['symbol']}")
        worth = f"{money(position['market_value'])} {position['currency']}"
        self._more.set_text(f"Worth {worth} · {position['account']}")
        self._box.open()

    async def _ask(self, times: int) -> None:
        self._box.close()
        desk, position = self._view.desk, self._position
        place = position["account"], position["con_id"]
        try:
            found = await desk.get(f"/symbols/{position['con_id']}")
            held = await desk.get("/positions")
        except RemoteError as problem:
            ui.notify(str(problem), type="negative")
            return
        # Meanwhile somebody may have traded: the order is for what is held now.
        now = [one for one in held if (one["account"], one["con_id"]) == place]
        if not now or not Decimal(str(now[0]["position"])):
            ui.notify(CLOSED.format(**position), type="warning")
            return
        position = now[0]
        body = closing(position, found, times=times)
        lines = in_full(body, None)
        await self._confirm.ask(desk, body, lines, lambda: self._send(body))

    async def _send(self, body: dict[str, Any]) -> None:
        try:
            order = await self._view.desk.post("/orders", body)
        except RemoteError as problem:
            ui.notify(str(problem), type="negative", close_button="Close", timeout=0)
            return
        words = f"{in_full(body, None)[0]}: {order['status']}"
        ui.notify(words, type="negative" if order["status"] in LOST else "positive")
