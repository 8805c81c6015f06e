"""Orders of every kind at random: each type, time in force and attribute that the broker takes.

``OrderMaker`` draws from a seeded ``Random``. Most of what it makes is taken, some is refused, as
programs send it. ``ALL_KINDS`` names what it draws from, so that a test can see that nothing has
been left out.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Final, NamedTuple

from papertape.model import ComboLeg, Contract, Order, OrderComboLeg, OrderCondition, TagValue
from papertape.venue.broker.algo_terms import AVERSIONS, PARAMETERS, PRIORITIES
from papertape.venue.broker.combination_types import COMBINATION_TYPES
from papertape.venue.broker.condition_terms import CANCELLED_BY, SUBMITTED_BY
from papertape.venue.broker.order_types import ORDER_TYPES


class Subject(NamedTuple):
    """What is traded: a contract, about where its price is, and its increment."""

    name: str
    contract: Contract
    price: float
    tick: float
    con_id: int = 0


LIMITED: Final = ("LMT", "STP LMT", "LIT", "LOC", "BOX TOP", "MKT PRT")
CAPPED: Final = ("REL", "PEG PRIM", "PASSV REL", "MIDPRICE", "PEG MID", "PEGMID", "PEG BEST")
TRIGGERED: Final = ("STP", "STP LMT", "STPLMT", "MIT", "LIT", "STP PRT")
OFFSET: Final = (*CAPPED, "SNAP MKT", "SNAP MID", "SNAP PRIM", "PEGBEST")
ADJUSTED: Final = ("STP", "STP LMT", "TRAIL", "TRAIL LIMIT")
TIFS: Final = (
    "DAY", "DAY", "DAY", "GTC", "GTC", "IOC", "FOK", "GTD", "Minutes", "OPG", "AUC", "DTC", "GTX",
    "GTT", "",
)  # fmt: skip
OF_KIND: Final = {
    "FUT": ("MKT", "LMT", "STP", "STP LMT", "MKT PRT", "STP PRT", "TRAIL", "MIT", "LIT", "MTL"),
    "OPT": ("MKT", "LMT", "LMT", "STP", "STP LMT", "BOX TOP", "PEG STK", "VOL", "REL", "MTL"),
    "CASH": ("MKT", "LMT", "LMT", "STP", "STP LMT", "TRAIL", "TRAIL LIMIT", "LIT", "MIT"),
    "BOND": ("MKT", "LMT", "LMT", "STP"),
    "WAR": ("MKT", "LMT", "LMT", "STP", "TRAIL"),
    "CFD": ("MKT", "LMT", "STP", "STP LMT"),
    "CRYPTO": ("MKT", "LMT", "LMT"),
    "FUND": ("MKT",),
}
ATTRIBUTES: Final = (
    "allOrNone", "minQty", "discretionaryAmt", "displaySize", "hidden", "postOnly", "sweepToFill",
    "outsideRth", "includeOvernight", "goodAfterTime", "activeStopTime", "deactivate", "ocaGroup",
    "parentId", "conditions", "adjustedOrderType", "algoStrategy", "scaleInitLevelSize",
    "hedgeType", "cashQty", "minTradeQty", "transmit", "whatIf", "autoCancelParent",
    "discretionaryUpToLimitPrice", "triggerMethod", "orderRef", "smartComboRoutingParams",
    "orderComboLegs", "usePriceMgmtAlgo", "blockOrder",
)  # fmt: skip
"""The attributes that are drawn, by their official names."""
ALL_KINDS: Final = (*ORDER_TYPES, *COMBINATION_TYPES)
MOST_PARENTS: Final = 3


class OrderMaker:
    """Draws orders. ``clock`` tells the present as ``YYYYMMDD-HH:MM:SS``, so many minutes later;
    ``price`` is what a subject costs now."""

    def __init__(
        self,
        chance: Random,
        subjects: list[Subject],
        clock: Callable[[float], str],
        price: Callable[[Subject], float] | None = None,
    ) -> None:
        self.chance = chance
        self.subjects = subjects
        self.stocks = [one for one in subjects if one.contract.secType == "STK"]
        self.clock = clock
        self._price = price or (lambda one: one.price)

    def one_in(self, count: int) -> bool:
        """Return whether the one of so many cases has come."""
        return self.chance.randrange(count) == 0

    def near(self, subject: Subject, most: float = 0.01) -> float:
        """Return a price of a subject, on its increment."""
        away = self.chance.choice((0.0002, 0.001, 0.003, most)) * self.chance.choice((-1, 1))
        steps = max(round(self._price(subject) * (1 + away) / subject.tick), 1)
        return round(steps * subject.tick, 6)

    def steps(self, subject: Subject, most: int = 20) -> float:
        """Return a distance of some increments."""
        return round(self.chance.randint(1, most) * subject.tick, 6)

    def any(self, parent: int = 0) -> tuple[Contract, Order]:
        """Return an order of any kind; ``parent`` is an id that it may name as its parent's."""
        if self.one_in(9):
            return self.combination(parent)
        subject = self.chance.choice(self.subjects)
        if self.one_in(8):
            return subject.contract, self.slow(subject)
        return subject.contract, self.single(subject, parent=parent)

    def slow(self, subject: Subject) -> Order:
        """Return an order that trades in parts: of an algorithm, or of components."""
        chance = self.chance
        order = Order(
            action=chance.choice(("BUY", "SELL")), orderType=chance.choice(("MKT", "LMT")),
            totalQuantity=Decimal(10 * self._size(subject.contract.secType)),
            tif=chance.choice(("DAY", "GTC")),
        )  # fmt: skip
        if order.orderType == "LMT":
            order.lmtPrice = self.near(subject)
        if order.orderType == "LMT" and self.one_in(3):
            order.scaleInitLevelSize, order.scaleSubsLevelSize = 3, 4
            order.scalePriceIncrement = self.steps(subject, 5)
            self._scaled(order, subject)
        else:
            self.algo(order)
        return order

    def _scaled(self, order: Order, subject: Subject) -> None:
        """Give a scale order what it may have besides its components."""
        if self.one_in(2):
            order.scaleProfitOffset, order.scaleAutoReset = self.steps(subject, 5), self.one_in(2)
        if self.one_in(3):
            order.scalePriceAdjustValue = self.steps(subject, 3) * self.chance.choice((-1, 1))
            order.scalePriceAdjustInterval = self.chance.choice((7, 60))
        order.scaleRandomPercent = self.one_in(3)
        order.scaleInitPosition = self.chance.choice((None, None, 5))
        order.scaleInitFillQty = self.chance.choice((None, None, 2))

    def group(self) -> list[tuple[Contract, Order]]:
        """Return orders of one group, of one type, near the market."""
        chance, name, kind = self.chance, self.chance.choice("ghi"), self.chance.randint(1, 3)
        found = []
        for _ in range(chance.randint(2, 4)):
            subject = chance.choice(self.subjects)
            order = self.single(subject, chance.choice(("LMT", "LMT", "STP", "REL", "MIT")))
            order.tif, order.transmit, order.whatIf = "DAY", True, False
            order.parentId, order.ocaGroup, order.ocaType = 0, name, kind
            found.append((subject.contract, order))
        return found

    def single(
        self, subject: Subject, kind: str = "", *, parent: int = 0, plain: bool = False
    ) -> Order:
        """Return an order for one instrument; a ``plain`` one has what its type needs."""
        chance, sec_type = self.chance, subject.contract.secType
        kind = kind or chance.choice(OF_KIND.get(sec_type, (*ORDER_TYPES, "LMT", "LMT", "MKT")))
        order = Order(
            action=chance.choice(("BUY", "SELL")),
            totalQuantity=Decimal(self._size(sec_type)),
            orderType=kind,
            tif=chance.choice(TIFS if self.one_in(3) else ("DAY", "DAY", "GTC", "IOC")),
        )
        if kind in LIMITED or kind == "STPLMT" or (kind in CAPPED and self.one_in(2)):
            order.lmtPrice = self.near(subject)
        if kind in TRIGGERED:
            order.auxPrice = self.near(subject)
            order.triggerMethod = chance.choice((0, 0, 1, 2, 3, 4, 7, 8))
        elif kind in OFFSET:
            order.auxPrice = self.steps(subject) if self.one_in(2) else None
        if order.tif == "GTD":
            order.goodTillDate = self.clock(chance.choice((0.5, 5, 90, 2000)))
        if order.tif == "Minutes":
            order.duration = chance.randint(1, 90)
        self._of_type(order, subject)
        if not plain:
            self._of_attributes(order, subject, parent)
        return order

    def _size(self, sec_type: str) -> int:
        if sec_type == "CASH":
            return self.chance.choice((1_000, 25_000, 100_000))
        if sec_type in ("FUT", "OPT", "BOND", "FUND", "CRYPTO"):
            return self.chance.choice((1, 2, 5, 20))
        return self.chance.choice((1, 7, 60, 100, 100, 400))

    def _of_type(self, order: Order, subject: Subject) -> None:
        """Fill in what a type needs."""
        chance, kind, sec_type = self.chance, order.orderType, subject.contract.secType
        if sec_type in ("FUND", "WAR", "CRYPTO") and self.one_in(3):
            order.action = "BUY"  # nobody is short of them
        by_money = (sec_type, kind, order.action) == ("CRYPTO", "MKT", "BUY")
        if by_money or (sec_type == "FUND" and order.action == "BUY" and self.one_in(2)):
            order.cashQty, order.totalQuantity = float(chance.choice((500, 20_000))), Decimal(0)
        if sec_type == "FUND":
            order.tif = "DAY"
        if kind.startswith("TRAIL"):
            if self.one_in(2):
                order.trailingPercent = chance.choice((0.1, 0.5, 2.0))
            else:
                order.auxPrice = self.steps(subject)
            if self.one_in(2):
                order.trailStopPrice = self.near(subject)
            if kind != "TRAIL":
                order.lmtPriceOffset = self.steps(subject, 5)
        elif kind in ("PEG BENCH", "PEGBENCH"):
            order.referenceContractId = chance.choice(self.stocks).con_id
            order.startingPrice = self.near(subject)
            order.peggedChangeAmount = self.steps(subject)
            order.referenceChangeAmount = 0.01
            order.stockRefPrice = self.near(chance.choice(self.stocks))
            order.isPeggedChangeAmountDecrease = self.one_in(3)
        elif kind == "PEG STK":
            order.delta = chance.choice((10, 50, 100))
        elif kind == "VOL":
            order.volatility, order.volatilityType = chance.choice((12.0, 30.0)), 2
            order.continuousUpdate = self.one_in(2)
            order.referencePriceType = chance.choice((1, 2))
            order.deltaNeutralOrderType = chance.choice(("", "MKT", "REL"))
            if order.deltaNeutralOrderType == "REL":
                order.deltaNeutralAuxPrice = 0.01
        elif kind in ("PEG BEST", "PEGBEST"):
            order.competeAgainstBestOffset = chance.choice((0.01, 0.02, float("inf")))
            order.minCompeteSize = chance.choice((None, 100))
        elif kind in ("MOC", "LOC", "MTL", "BOX TOP"):
            order.tif = "DAY"

    def _of_attributes(self, order: Order, subject: Subject, parent: int) -> None:
        """Give an order some of the attributes that few have."""
        chance, kind = self.chance, order.orderType
        drawn = chance.choices(ATTRIBUTES, k=chance.choice((0, 0, 1, 1, 2)))
        size = int(order.totalQuantity or 1)
        for name in drawn:
            match name:
                case "allOrNone" | "hidden" | "sweepToFill" | "autoCancelParent" | "blockOrder":
                    setattr(order, name, True)
                case "outsideRth" | "includeOvernight" | "usePriceMgmtAlgo":
                    setattr(order, name, True)
                case "postOnly" | "discretionaryUpToLimitPrice":
                    setattr(order, name, kind == ("LMT" if name == "postOnly" else "REL"))
                case "minQty":
                    order.minQty = chance.randint(1, size)
                case "minTradeQty" if kind.startswith("PEG"):
                    order.minTradeQty = chance.randint(1, size)
                case "displaySize":
                    order.displaySize = chance.randint(1, size)
                case "discretionaryAmt" if kind == "LMT":
                    order.discretionaryAmt = self.steps(subject)
                case "goodAfterTime":
                    order.goodAfterTime = self.clock(chance.choice((0.1, 2, 60)))
                case "activeStopTime":
                    order.activeStopTime = self.clock(chance.choice((3, 120)))
                case "deactivate":
                    order.deactivate = self.one_in(2)
                case "ocaGroup":
                    order.ocaGroup, order.ocaType = chance.choice("ghi"), chance.randint(1, 3)
                case "parentId":
                    order.parentId = parent
                case "conditions":
                    self._conditions(order)
                case "adjustedOrderType" if kind in ("STP", "STP LMT"):
                    order.adjustedOrderType = chance.choice(ADJUSTED)
                    order.triggerPrice = self.near(subject)
                    order.adjustedStopPrice = self.near(subject)
                    order.adjustedStopLimitPrice = self.near(subject)
                    order.adjustedTrailingAmount = self.steps(subject)
                    order.adjustableTrailingUnit = chance.choice((0, 100))
                case "algoStrategy" if kind in ("MKT", "LMT"):
                    self.algo(order)
                case "scaleInitLevelSize" if kind == "LMT" and size > 5:
                    order.scaleInitLevelSize = max(size // 5, 1)
                    order.scaleSubsLevelSize = max(size // 4, 1)
                    order.scalePriceIncrement = self.steps(subject, 5)
                case "hedgeType" if parent:
                    order.parentId, order.totalQuantity = parent, Decimal(0)
                    order.hedgeType = chance.choice("DBFP")
                    order.hedgeParam = chance.choice(("0.5", "1.25"))
                case "cashQty" if subject.contract.secType == "CASH" and kind in ("MKT", "LMT"):
                    order.cashQty = float(chance.choice((1_000, 30_000)))
                case "transmit":
                    order.transmit = False
                case "whatIf":
                    order.whatIf = self.one_in(3)
                case "orderRef":
                    order.orderRef = chance.choice(("dip", "x"))

    def _conditions(self, order: Order) -> None:
        if order.orderType not in SUBMITTED_BY:
            order.orderType = "LMT" if order.lmtPrice else "MKT"
            order.auxPrice = None
        order.conditions = [self._condition() for _ in range(self.chance.randint(1, 3))]
        order.conditionsCancelOrder = order.orderType in CANCELLED_BY and self.one_in(2)
        order.conditionsIgnoreRth = self.one_in(2)

    def _condition(self) -> OrderCondition:
        chance, stock = self.chance, self.chance.choice(self.stocks)
        return OrderCondition(
            type=chance.choice((1, 1, 3, 4, 5, 6, 7)),
            isConjunctionConnection=self.one_in(2),
            isMore=self.one_in(2),
            conId=stock.con_id,
            symbol=stock.contract.symbol,
            secType="STK",
            price=self.near(stock),
            percent=chance.randint(0, 100),
            changePercent=chance.randint(-3, 3),
            volume=chance.choice((0, 500, 5_000)),
            time=self.clock(chance.choice((0.1, 3, 60))),
            triggerMethod=chance.choice((0, 2, 4, 7, 8)),
        )

    def algo(self, order: Order, name: str = "") -> None:
        """Let an order be one of an algorithm; of any where no ``name`` is said."""
        chance = self.chance
        order.algoStrategy = name = name or chance.choice(sorted(PARAMETERS))
        order.tif = chance.choice(("DAY", "GTC"))
        values = {
            "adaptivePriority": chance.choice(PRIORITIES), "riskAversion": chance.choice(AVERSIONS),
            "displaySize": "5", "componentSize": "5", "timeBetweenOrders": "20",
            "waitForFill": chance.choice("01"), "endTime": self.clock(chance.choice((3, 30))),
            "noTakeLiq": chance.choice("01"), "allowPastEndTime": chance.choice("01"),
            "forceCompletion": chance.choice("01"), "deltaPctVol": "0.1",
        }  # fmt: skip
        shares = [tag for tag in PARAMETERS[name] if "ctVol" in tag and tag not in values]
        values |= dict.fromkeys(shares, "0.2")
        given = {tag: text for tag, text in values.items() if tag in PARAMETERS[name]}
        order.algoParams = [TagValue(tag, text) for tag, text in given.items()]

    def bracket(self, number: int) -> list[tuple[Contract, Order]]:
        """Return a parent and its children, whose ids follow its ``number``."""
        subject, chance = self.chance.choice(self.subjects), self.chance
        parent = self.single(subject, chance.choice(("MKT", "LMT", "LMT", "STP LMT")))
        parent.whatIf, parent.transmit, parent.algoStrategy, parent.algoParams = (
            False,
            False,
            "",
            [],
        )
        family = [(subject.contract, parent)]
        kinds = chance.sample(("LMT", "STP", "TRAIL", "STP LMT", "REL"), chance.randint(1, 3))
        for place, kind in enumerate(kinds, 1):
            child = Order(
                action="SELL" if parent.action == "BUY" else "BUY",
                totalQuantity=parent.totalQuantity, orderType=kind,
                tif=chance.choice(("DAY", "GTC")), parentId=number, transmit=place == len(kinds),
            )  # fmt: skip
            if "LMT" in kind:
                child.lmtPrice = self.near(subject)
            if "STP" in kind:
                child.auxPrice = self.near(subject)
            self._of_type(child, subject)
            family.append((subject.contract, child))
        if subject in self.stocks and self.one_in(3):
            family.insert(1, self._hedge(subject, number))
        return family

    def _hedge(self, subject: Subject, parent: int) -> tuple[Contract, Order]:
        """Return the hedge of a stock by another, by its beta, or the currency that it costs."""
        other = self.chance.choice([one for one in self.stocks if one is not subject])
        order = Order(
            action="SELL", orderType="MKT", totalQuantity=Decimal(0), tif="DAY", parentId=parent,
            transmit=False, hedgeType=self.chance.choice("BP"), hedgeParam="0.5",
        )  # fmt: skip
        return other.contract, order

    def combination(self, parent: int = 0, kind: str = "") -> tuple[Contract, Order]:
        """Return an order for two stocks at once, at a net price near that of their legs."""
        chance = self.chance
        first, second = chance.sample(self.stocks, 2)
        ratios = [chance.choice((-3, -1, 1, 2)) for _ in range(2)]
        contract = Contract(symbol=first.contract.symbol, secType="BAG", exchange="SMART",
                            currency="USD")  # fmt: skip
        contract.comboLegs = [
            ComboLeg(one.con_id, abs(ratio), "BUY" if ratio > 0 else "SELL", "SMART")
            for one, ratio in zip((first, second), ratios, strict=True)
        ]
        loose = " + " in kind or self.one_in(2)
        kind = kind or chance.choice([*COMBINATION_TYPES] if loose else ["LMT", "LMT", "MKT"])
        prices = [self._price(one) for one in (first, second)]
        net = sum(ratio * price for ratio, price in zip(ratios, prices, strict=True))
        order = Order(
            action=chance.choice(("BUY", "SELL")), totalQuantity=Decimal(chance.choice((1, 5, 20))),
            orderType=kind, tif=chance.choice(("DAY", "GTC", "IOC", "FOK")),
            lmtPrice=round(net + chance.randint(-100, 100) / 100, 2) if "LMT" in kind else None,
        )  # fmt: skip
        if loose:
            tags = {"NonGuaranteed": "1", "LeginPrio": chance.choice("012")}
            if self.one_in(2):
                tags["MaxSegSize"] = str(chance.randint(1, 10))
            order.smartComboRoutingParams = [TagValue(*pair) for pair in tags.items()]
            if kind == "LMT" and self.one_in(2):
                order.orderComboLegs = [OrderComboLeg(round(price, 2)) for price in prices]
                order.lmtPrice = None
        elif self.one_in(3):
            order.ocaGroup, order.ocaType = chance.choice("ghi"), 3
        elif self.one_in(4):
            order.parentId = parent
        return contract, order
