"""A recording as the text of a world: what the market and the broker did, with their moments.

It tells accounts with cash and positions, quotes, prints, what became of the program's orders, and
losses of the link. It cannot tell everything; what is left out stands in comments at its end. The
text is plain, so this module knows nothing of the station that plays it.
"""

import math
import re
from collections import Counter
from decimal import Decimal
from typing import Any, Final

import msgspec

from ..codes import lookup
from ..errors import RecordingError
from ..model import Contract
from ..quoting import visible
from ..wire.catalogue import account, market, orders, session, ticks
from ..wire.catalogue import reports as told
from .conversation import RecordedConversation, Said, WireMark, conversations
from .format import WireRecording

MOST_LINES: Final = 19_000
"""A world has at most 20,000."""
MOST_CHARACTERS: Final = 1_000_000
LONGEST_S: Final = 30 * 86_400
_CODE: Final = re.compile(r"[A-Za-z0-9._-]{1,40}\Z")
_TYPES: Final = frozenset(
    (
        "LMT",
        "MKT",
        "STP",
        "STP LMT",
        "TRAIL",
        "TRAIL LIMIT",
        "MIT",
        "LIT",
        "MTL",
        "MOC",
        "LOC",
        "REL",
    )
)
"""Order types that a rule names; others are matched by side and symbol alone."""
_SYMBOL: Final = re.compile(r"[A-Z0-9][A-Z0-9./_-]{0,39}\Z")
_BEGAN: Final = re.compile(r"(\d{4}-\d\d-\d\d)T(\d\d:\d\d:\d\d)")
_CURRENCY: Final = re.compile(r"[A-Z]{3}\Z")
_SIDES: Final = {
    1: ("bid", "price"), 2: ("ask", "price"), 0: ("bid", "size"), 3: ("ask", "size"),
    66: ("bid", "price"), 67: ("ask", "price"), 69: ("bid", "size"), 70: ("ask", "size"),
}  # fmt: skip
"""Tick type -> the side of the quote, and what of it; those from 66 on are delayed."""
_LAST: Final = (4, 68)
_CANCELLED: Final = 202
_LINKS: Final = {1100: "link-lost", 1101: "link-restored data-lost", 1102: "link-restored"}


class WorldText(msgspec.Struct):
    """A world, and what of the recording is not in it."""

    text: str
    left_out: Counter[str]


def as_world(recording: WireRecording, name: str = "") -> WorldText:
    """The world of a recording. Raises ``RecordingError`` when it has no session."""
    found = [one for one in conversations(recording) if one.version]
    if not found:
        raise RecordingError("has no session that could be a world")
    writing = _Writing(found[0].opened)
    for one in found:
        writing.take(one)
    if recording.problem:
        writing.left_out[recording.problem] += 1
    head = [f"# {visible(name) or 'a recording'}, as a world: what its market and its broker did"]
    if began := _BEGAN.match(recording.header.began):
        head.append(f"start      {began[1]} {began[2]} UTC")
    return WorldText(writing.text(head), writing.left_out)


class _Side(msgspec.Struct):
    price: float = 0.0
    size: Decimal = Decimal(0)


class _Line(msgspec.Struct):
    """What a subscription has told of an instrument."""

    symbol: str
    bid: _Side = msgspec.field(default_factory=_Side)
    ask: _Side = msgspec.field(default_factory=_Side)
    changed: int | None = None


class _OrderStory(msgspec.Struct):
    """An order of the program, and what became of it."""

    at: int
    head: str
    acts: list[tuple[int, str]] = []
    cancelled: bool = False
    """By the program."""
    known: bool = False
    """Whether the broker has taken it."""
    over: bool = False


class _Writing:
    """A world in the making."""

    def __init__(self, began: int) -> None:
        self._began = began
        self.left_out: Counter[str] = Counter()
        self._accounts: dict[str, list[str]] = {}
        self._held: set[tuple[str, str]] = set()
        self._moments: list[tuple[int, int, str]] = []
        self._quoted: dict[str, str] = {}
        self.rules = 0
        self._last = began

    # ---------------------------------------------------------------- reading

    def take(self, conversation: RecordedConversation) -> None:
        """Take what was said on a connection."""
        for reason in conversation.unread:
            self.left_out[reason] += 1
        session_ = _Session(self)
        for item in conversation.items:
            self._last = max(self._last, item.at)
            if isinstance(item, WireMark):
                if item.event == "reset" and item.sender == "server":
                    self.at(item.at, "drill      reset")
            elif item.message is not None:
                session_.take(item)
        session_.finish()

    def at(self, at: int, text: str) -> None:
        """Add a line at a moment."""
        self._moments.append((at, len(self._moments), text))

    def account(self, code: str, words: str = "") -> None:
        """Add an account, or something that it has."""
        if not _CODE.match(code):
            self.left_out[f"account {code!r}, which is no code"] += 1
            return
        found = self._accounts.setdefault(code, [])
        if words and words not in found:
            found.append(words)

    def cash(self, code: str, amount: Decimal, currency: str) -> None:
        """Add cash, the first that is told in each currency."""
        if not any(words.endswith(f" {currency}") for words in self._accounts.get(code, ())):
            self.account(code, f"cash {amount:f} {currency}")

    def holds(self, message: Any) -> None:
        """Add a position, the first that is told of each."""
        symbol = symbol_of(message.contract)
        key = (message.account, symbol)
        if key in self._held or not symbol or not _fits(abs(message.position or 0)):
            return
        self._held.add(key)
        cost = message.avgCost
        words = f"holds {_number(message.position)} {symbol}"
        plain = message.contract.secType == "STK" and _fits(cost)
        self.account(message.account, words + (f" @ {_number(cost)}" if plain else ""))

    def quote(self, at: int, symbol: str, bid: _Side, ask: _Side) -> None:
        """Add a quote, unless it is as before, has no side or is crossed."""
        if (not bid.price and not ask.price) or (bid.price > ask.price > 0) or not symbol:
            return
        words = f"quote      {symbol}  {_side(bid)} x {_side(ask)}"
        if self._quoted.get(symbol) != words:
            self._quoted[symbol] = words
            self.at(at, words)

    # ---------------------------------------------------------------- writing

    def text(self, head: list[str]) -> str:
        """The whole world."""
        lines = [*head]
        for code, words in self._accounts.items():
            lines.append(" ".join(["account   ", code, *words]))
        self._moments.sort()
        size = sum(map(len, lines))
        for at, _, text in self._moments:
            added = [self._moment(at) + text] if not text.startswith("on order") else [text]
            size += sum(len(line) + 1 for line in added)
            if len(lines) + text.count("\n") > MOST_LINES or size > MOST_CHARACTERS:
                self.left_out[f"a line from {self._moment(at).strip()} on: the world is full"] += 1
                break
            lines += added
        # No `end`: a program that starts later than the world would be cut off.
        lines.append(f"# the recording ends at {self._moment(self._last).strip()}")
        for what, count in sorted(self.left_out.items()):
            lines.append(f"# left out {count}x: {visible(what)[:200]}")
        return "\n".join(lines) + "\n"

    def _moment(self, at: int) -> str:
        seconds = Decimal(max(0, at - self._began)) / 1_000_000
        return f"+{min(seconds, Decimal(LONGEST_S)):f}s".ljust(10) + " "


class _Session:
    """One connection while it is read."""

    def __init__(self, writing: _Writing) -> None:
        self._writing = writing
        self._lines: dict[int, _Line] = {}
        self._orders: dict[int, _OrderStory] = {}
        self._client = 0

    def take(self, item: Said) -> None:
        """Take a message."""
        message, at = item.message, item.at
        self._flush(at)
        writing = self._writing
        if item.sender == "client":
            self._request(message, at)
        elif isinstance(message, session.ManagedAccounts):
            for code in filter(None, message.accountsList.split(",")):
                writing.account(code)
        elif isinstance(message, account.Position):
            writing.holds(message)
        elif isinstance(message, account.AccountValue | account.AccountSummary):
            self._cash(message)
        elif isinstance(message, market.TickPrice | market.TickSize):
            self._tick(message, at)
        elif isinstance(message, ticks.TickByTickData):
            self._tick_by_tick(message, at)
        elif isinstance(message, told.OpenOrder | told.OrderStatus):
            self._order(message, at)
        elif isinstance(message, told.ExecutionDetails):
            self._fill(message, at)
        elif isinstance(message, session.ErrorMessage):
            self._error(message, at)

    def _request(self, message: Any, at: int) -> None:
        if isinstance(message, session.StartApi):
            self._client = message.clientId
        elif isinstance(message, market.ReqMktData | ticks.ReqTickByTickData):
            self._lines[message.reqId] = _Line(symbol_of(message.contract))
        elif isinstance(message, orders.PlaceOrder):
            if message.orderId in self._orders:
                self._writing.left_out["a change of an order by the program"] += 1
            else:
                self._writing.rules += 1
                head = rule_of(message, self._client, self._writing.rules)
                self._orders[message.orderId] = _OrderStory(at, head)
        elif isinstance(message, orders.CancelOrder) and message.orderId in self._orders:
            self._orders[message.orderId].cancelled = True
        elif isinstance(message, orders.ReqGlobalCancel):
            for story in self._orders.values():
                story.cancelled = True

    def _cash(self, message: Any) -> None:
        if isinstance(message, account.AccountValue):
            key, code, keys = message.key, message.accountName, {"CashBalance", "TotalCashValue"}
        else:  # its CashBalance is the ledger of a group, under the name of that
            key, code, keys = message.tag, message.account, {"TotalCashValue"}
        amount = _amount(message.value)
        plain = key in keys and _CURRENCY.match(message.currency)
        if plain and code and amount is not None and amount >= 0 and message.currency != "BASE":
            self._writing.cash(code, amount, message.currency)

    def _tick(self, message: Any, at: int) -> None:
        line = self._lines.get(message.reqId)
        if line is None:
            return
        if isinstance(message, market.TickPrice) and message.tickType in _LAST:
            self._print(at, line.symbol, message.price, message.size)
            return
        side, what = _SIDES.get(message.tickType, ("", ""))
        if not side:
            return
        found: _Side = line.bid if side == "bid" else line.ask
        if what == "price" and isinstance(message, market.TickPrice):
            found.price = message.price if _fits(message.price) else 0.0
        if message.size is not None:
            found.size = message.size if _fits(message.size) else Decimal(0)
        line.changed = at if line.changed is None else line.changed

    def _tick_by_tick(self, message: ticks.TickByTickData, at: int) -> None:
        line = self._lines.get(message.reqId)
        if line is None:
            return
        if (last := message.historicalTickLast) is not None:
            self._print(at, line.symbol, last.price, last.size)
        elif (both := message.historicalTickBidAsk) is not None:
            bid, ask = _side_of(both.priceBid, both.sizeBid), _side_of(both.priceAsk, both.sizeAsk)
            self._writing.quote(at, line.symbol, bid, ask)

    def _print(self, at: int, symbol: str, price: float, size: Decimal | None) -> None:
        if symbol and _fits(price):
            words = f"print      {symbol}  {_number(price)}"
            self._writing.at(at, words + (f"*{_number(size)}" if _fits(size) else ""))

    def _flush(self, at: int) -> None:
        """Tell the quotes that changed before now: both sides and sizes come one by one."""
        for line in self._lines.values():
            if line.changed is not None and line.changed < at:
                self._writing.quote(line.changed, line.symbol, line.bid, line.ask)
                line.changed = None

    # ---------------------------------------------------------------- orders

    def _order(self, message: Any, at: int) -> None:
        story = self._orders.get(message.orderId)
        if story is None:
            return
        is_status = isinstance(message, told.OrderStatus)
        status = message.status if is_status else message.orderState.status
        story.known = story.known or status not in ("", "Inactive")
        if status in ("Cancelled", "ApiCancelled") and not story.over:
            story.over = True
            if not story.cancelled:
                story.acts.append((at, "cancel"))
        story.over = story.over or status == "Filled"

    def _fill(self, message: told.ExecutionDetails, at: int) -> None:
        execution = message.execution
        story = self._orders.get(execution.orderId)
        if story is None or message.reqId >= 0:
            return
        if _fits(execution.shares) and _fits(execution.price):
            words = f"fill   {_number(execution.shares)} @ {_number(execution.price)}"
            story.acts.append((at, words))

    def _error(self, message: session.ErrorMessage, at: int) -> None:
        if message.id < 0:
            if message.errorCode in _LINKS:
                self._writing.at(at, f"drill      {_LINKS[message.errorCode]}")
            return
        story = self._orders.get(message.id)
        code = lookup(message.errorCode)
        if story is None or story.known or story.over or message.errorCode == _CANCELLED:
            return
        if code.severity == "error" and code.terminal:
            story.over = True
            text = visible(message.errorMsg).replace('"', "'")
            story.acts.append((at, f'reject {message.errorCode} "{text}"'))

    def finish(self) -> None:
        """Tell what is left."""
        for line in self._lines.values():
            if line.changed is not None:
                self._writing.quote(line.changed, line.symbol, line.bid, line.ask)
        for story in self._orders.values():
            acts = [f"  +{_span(at - story.at)} {act}" for at, act in story.acts]
            # A rule begins with the world; the order's arrival starts its own moments.
            self._writing.at(story.at, "\n".join([story.head, *(acts or ["  hold"])]))


def rule_of(message: orders.PlaceOrder, client: int, number: int) -> str:
    """The head of the rule for an order: by what the program sent."""
    order = message.order
    kind = order.orderType.upper()
    words = ["on order  "]
    words += [order.action] if order.action in ("BUY", "SELL") else []
    words += [symbol_of(message.contract)]
    words += [kind.replace(" ", "_")] if kind in _TYPES else []
    return " ".join([*filter(None, words), "client", str(client), f"as o{number}"])


def symbol_of(contract: Contract) -> str:
    """What a world calls a contract: its symbol, pair or local symbol, else its conId; "" for
    nothing."""
    if contract.secType == "CASH" and contract.symbol and contract.currency:
        text = f"{contract.symbol}.{contract.currency}"
    elif contract.secType in ("STK", "IND", "CRYPTO", "") and contract.symbol:
        text = contract.symbol
    else:
        text = contract.localSymbol or (str(contract.conId) if contract.conId else contract.symbol)
    text = visible(text).replace('"', "'")
    plain = not text or (_SYMBOL.match(text) and not text.isdigit())
    return text if plain else f'"{text}"'


def _side(side: _Side) -> str:
    if not side.price:
        return "-"
    return _number(side.price) + (f"*{_number(side.size)}" if side.size > 0 else "")


def _side_of(price: float, size: Decimal | None) -> _Side:
    return _Side(price if _fits(price) else 0.0, size if size and _fits(size) else Decimal(0))


def _fits(value: float | Decimal | None) -> bool:
    """Whether a world can say a number: above 0, and neither endless nor endlessly small."""
    return value is not None and not math.isnan(value) and 1e-8 <= value <= 1e12


def _number(value: float | Decimal | None) -> str:
    """A number as digits, without an exponent; eight decimals."""
    number = Decimal(str(value or 0)).quantize(Decimal("1e-8")).normalize()
    return f"{number:f}"


def _amount(text: str) -> Decimal | None:
    return Decimal(text) if re.fullmatch(r"-?\d{1,15}(\.\d{1,6})?", text) else None


def _span(microseconds: int) -> str:
    return f"{Decimal(max(0, microseconds)) / 1_000_000:f}s"
