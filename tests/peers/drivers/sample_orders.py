"""The order samples of IBKR's documentation, as data: each with its contract and what it sets.

Source: interactivebrokers.github.io/tws-api (basic, advanced, hedging, conditions, algos) and IBKR
Campus, "Order Types" and "TWS API". Standard library only: drivers use it inside the peers'
environments.
"""

from __future__ import annotations

from typing import Any

Fields = dict[str, Any]
INFINITE = float("inf")
OPTION = {
    "symbol": "AAPL", "secType": "OPT", "exchange": "SMART", "currency": "USD", "right": "C",
    "strike": 260.0, "lastTradeDateOrContractMonth": "20260515", "multiplier": "100",
}  # fmt: skip
STOCK = {"symbol": "AAPL", "secType": "STK", "exchange": "SMART", "currency": "USD"}
LEGS = [
    {"conId": number, "ratio": 1, "action": action, "exchange": "SMART"}
    for number, action in ((1224817705, "BUY"), (1224817709, "SELL"))
]
CONTRACTS: dict[str, Fields] = {
    "stock": STOCK,
    "ats": STOCK | {"exchange": "IBKRATS"},
    "option": OPTION,
    "box": OPTION | {"exchange": "BOX"},
    "future": {
        "symbol": "ES", "secType": "FUT", "exchange": "CME", "currency": "USD",
        "lastTradeDateOrContractMonth": "202606",
    },
    "pair": {"symbol": "EUR", "secType": "CASH", "exchange": "IDEALPRO", "currency": "USD"},
    "combination": {
        "symbol": "AAPL", "secType": "BAG", "exchange": "SMART", "currency": "USD",
        "comboLegs": LEGS,
    },
}  # fmt: skip
NOT_GUARANTEED = [("NonGuaranteed", "1")]
CONDITIONS: dict[str, tuple[str, Fields]] = {
    "PriceCondition": (
        "PriceCondition",
        {"conId": 265598, "exchange": "SMART", "isMore": True, "price": 999.0, "triggerMethod": 2},
    ),
    "ExecutionCondition": (
        "ExecutionCondition", {"symbol": "IBM", "secType": "STK", "exchange": "SMART"},
    ),
    "MarginCondition": ("MarginCondition", {"isMore": False, "percent": 3}),
    "PercentageChangeCondition": (
        "PercentChangeCondition",
        {"conId": 265598, "exchange": "SMART", "isMore": True, "changePercent": 90.0},
    ),
    "TimeCondition": ("TimeCondition", {"isMore": True, "time": "20360101-12:00:00"}),
    "VolumeCondition": (
        "VolumeCondition",
        {"conId": 265598, "exchange": "SMART", "isMore": True, "volume": 2_000_000_000},
    ),
}  # fmt: skip
ALGOS: dict[str, list[tuple[str, str]]] = {
    "ArrivalPx": [
        ("maxPctVol", "0.1"), ("riskAversion", "Neutral"), ("startTime", "09:00:00 US/Eastern"),
        ("endTime", "16:00:00 US/Eastern"), ("forceCompletion", "0"), ("allowPastEndTime", "1"),
    ],
    "DarkIce": [
        ("displaySize", "10"), ("startTime", "09:00:00 US/Eastern"),
        ("endTime", "16:00:00 US/Eastern"), ("allowPastEndTime", "1"),
    ],
    "PctVol": [
        ("pctVol", "0.5"), ("startTime", "09:00:00 US/Eastern"),
        ("endTime", "16:00:00 US/Eastern"), ("noTakeLiq", "1"),
    ],
    "Twap": [
        ("strategyType", "Marketable"), ("startTime", "09:00:00 US/Eastern"),
        ("endTime", "16:00:00 US/Eastern"), ("allowPastEndTime", "1"),
    ],
    "Vwap": [
        ("maxPctVol", "0.2"), ("startTime", "09:00:00 US/Eastern"),
        ("endTime", "16:00:00 US/Eastern"), ("allowPastEndTime", "1"), ("noTakeLiq", "1"),
    ],
    "AD": [
        ("componentSize", "10"), ("timeBetweenOrders", "60"), ("randomizeTime20", "1"),
        ("randomizeSize55", "1"), ("giveUp", "1"), ("catchUp", "1"), ("waitForFill", "1"),
        ("activeTimeStart", "09:30:00 US/Eastern"), ("activeTimeEnd", "16:00:00 US/Eastern"),
    ],
    "Adaptive": [("adaptivePriority", "Normal")],
    "ClosePx": [
        ("maxPctVol", "0.4"), ("riskAversion", "Neutral"), ("startTime", "09:00:00 US/Eastern"),
        ("forceCompletion", "1"),
    ],
    "PctVolPx": [
        ("pctVol", "0.1"), ("deltaPctVol", "0.05"), ("minPctVol4Px", "0.1"),
        ("maxPctVol4Px", "0.4"), ("startTime", "12:00:00 US/Eastern"),
        ("endTime", "14:00:00 US/Eastern"), ("noTakeLiq", "1"),
    ],
    "PctVolSz": [
        ("startPctVol", "0.2"), ("endPctVol", "0.4"), ("startTime", "12:00:00 US/Eastern"),
        ("endTime", "14:00:00 US/Eastern"), ("noTakeLiq", "1"),
    ],
    "PctVolTm": [
        ("startPctVol", "0.1"), ("endPctVol", "0.4"), ("startTime", "12:00:00 US/Eastern"),
        ("endTime", "14:00:00 US/Eastern"), ("noTakeLiq", "1"),
    ],
    "BalanceImpactRisk": [
        ("maxPctVol", "0.1"), ("riskAversion", "Neutral"), ("forceCompletion", "1"),
    ],
    "MinImpact": [("maxPctVol", "0.3")],
}  # fmt: skip


def order(kind: str, /, action: str = "BUY", size: int = 10, **fields: Any) -> Fields:
    given = {"action": action, "totalQuantity": size, "orderType": kind, "tif": "DAY"}
    return given | fields


def plain(low: float, high: float) -> dict[str, tuple[str, Fields]]:
    """Samples of one order, at prices below and above those of the market."""
    return {
        "AtAuction": ("stock", order("MTL", tif="AUC", lmtPrice=low)),
        "Discretionary": ("stock", order("LMT", lmtPrice=low, discretionaryAmt=0.05)),
        "MarketOrder": ("stock", order("MKT")),
        "MarketIfTouched": ("stock", order("MIT", auxPrice=low)),
        "MarketOnClose": ("stock", order("MOC")),
        "MarketOnOpen": ("stock", order("MKT", tif="OPG")),
        "MidpointMatch": ("stock", order("MKT")),
        "Midprice": ("stock", order("MIDPRICE", lmtPrice=low)),
        "PeggedToMarket": ("stock", order("PEG MKT", auxPrice=0.05)),
        "PeggedToStock": (
            "option", order("PEG STK", delta=50.0, stockRefPrice=low, startingPrice=1.0),
        ),
        "RelativePeggedToPrimary": ("stock", order("REL", lmtPrice=low, auxPrice=0.01)),
        "SweepToFill": ("stock", order("LMT", lmtPrice=low, sweepToFill=True)),
        "AuctionLimit": ("box", order("LMT", lmtPrice=1.0, auctionStrategy=2)),
        "AuctionPeggedToStock": ("box", order("PEG STK", delta=50.0, startingPrice=1.0)),
        "AuctionRelative": ("box", order("REL", auxPrice=0.01, lmtPrice=1.0)),
        "Block": ("option", order("LMT", size=60, lmtPrice=1.0, blockOrder=True)),
        "BoxTop": ("box", order("BOX TOP", size=1)),
        "LimitOrder": ("stock", order("LMT", lmtPrice=low)),
        "LimitOrderWithCashQty": ("pair", order("LMT", size=0, lmtPrice=1.0, cashQty=30000.0)),
        "LimitIfTouched": ("stock", order("LIT", lmtPrice=low, auxPrice=low)),
        "LimitOnClose": ("stock", order("LOC", lmtPrice=low)),
        "LimitOnOpen": ("stock", order("LMT", tif="OPG", lmtPrice=low)),
        "PassiveRelative": ("stock", order("PASSV REL", auxPrice=0.05, lmtPrice=low)),
        "PeggedToMidpoint": ("stock", order("PEG MID", auxPrice=0.01, lmtPrice=low)),
        "MarketToLimit": ("stock", order("MTL")),
        "MarketWithProtection": ("future", order("MKT PRT", size=1)),
        "Stop": ("stock", order("STP", "SELL", auxPrice=low)),
        "StopLimit": ("stock", order("STP LMT", "SELL", lmtPrice=low, auxPrice=low)),
        "StopWithProtection": ("future", order("STP PRT", "SELL", 1, auxPrice=100.0)),
        "TrailingStop": (
            "stock", order("TRAIL", "SELL", trailingPercent=20.0, trailStopPrice=low),
        ),
        "TrailingStopLimit": (
            "stock",
            order("TRAIL LIMIT", "SELL", lmtPriceOffset=0.5, auxPrice=50.0, trailStopPrice=low),
        ),
        "Volatility": ("option", order("VOL", volatility=5.0, volatilityType=2)),
        "PeggedToBenchmark": (
            "stock",
            order(
                "PEG BENCH", startingPrice=low, isPeggedChangeAmountDecrease=True,
                peggedChangeAmount=0.02, referenceChangeAmount=0.01, referenceContractId=756733,
                referenceExchangeId="ARCA", stockRefPrice=1.0, stockRangeLower=0.5,
                stockRangeUpper=100_000.0,
            ),
        ),
        "ComboLimitOrder": (
            "combination",
            order("LMT", size=1, lmtPrice=0.5, smartComboRoutingParams=NOT_GUARANTEED),
        ),
        "ComboMarketOrder": (
            "combination", order("MKT", size=1, smartComboRoutingParams=NOT_GUARANTEED),
        ),
        "LimitOrderForComboWithLegPrices": (
            "combination",
            order(
                "LMT", size=1, orderComboLegs=[0.05, 900.0],
                smartComboRoutingParams=NOT_GUARANTEED,
            ),
        ),
        "RelativeLimitCombo": (
            "combination",
            order("REL + LMT", size=1, lmtPrice=0.05, smartComboRoutingParams=NOT_GUARANTEED),
        ),
        "RelativeMarketCombo": (
            "combination", order("REL + MKT", size=1, smartComboRoutingParams=NOT_GUARANTEED),
        ),
        "LimitIBKRATS": ("ats", order("LMT", lmtPrice=low, notHeld=True)),
        "LimitOrderWithManualOrderTime": (
            "stock", order("LMT", lmtPrice=low, manualOrderTime="20260410-15:00:00"),
        ),
        "PegBestUpToMid": (
            "ats",
            order(
                "PEG BEST", size=100, lmtPrice=low, notHeld=True, minTradeQty=100,
                minCompeteSize=200, competeAgainstBestOffset=INFINITE, midOffsetAtWhole=0.02,
                midOffsetAtHalf=0.01,
            ),
        ),
        "PegBest": (
            "ats",
            order(
                "PEG BEST", size=100, lmtPrice=low, notHeld=True, minTradeQty=100,
                minCompeteSize=200, competeAgainstBestOffset=0.02,
            ),
        ),
        "PegMid": (
            "ats",
            order(
                "PEG MID", size=100, lmtPrice=low, notHeld=True, minTradeQty=100,
                midOffsetAtWhole=0.02, midOffsetAtHalf=0.01,
            ),
        ),
        "CustomerAccount": ("stock", order("LMT", lmtPrice=low, customerAccount="CustAcct")),
        "IncludeOvernight": ("stock", order("LMT", lmtPrice=low, includeOvernight=True)),
        "CMETaggingFields": (
            "future",
            order("LMT", size=1, lmtPrice=100.0, extOperator="Ext", manualOrderIndicator=1),
        ),
        "ImbalanceOnly": ("stock", order("LOC", lmtPrice=low, imbalanceOnly=True)),
        "Scale": (
            "stock",
            order(
                "LMT", size=20, lmtPrice=low, scaleInitLevelSize=5, scaleSubsLevelSize=3,
                scaleRandomPercent=False, scalePriceIncrement=0.05, scalePriceAdjustValue=0.01,
                scalePriceAdjustInterval=3600, scaleProfitOffset=5.0, scaleAutoReset=True,
            ),
        ),
        "OmsContainer": ("stock", order("LMT", lmtPrice=low, isOmsContainer=True)),
        "ScaleTable": (
            "stock",
            order(
                "LMT", size=20, lmtPrice=low, scaleInitLevelSize=5, scalePriceIncrement=0.05,
                scaleTable="table",
            ),
        ),
        "Iceberg": ("stock", order("LMT", size=1000, lmtPrice=low, displaySize=100)),
        "Hidden": ("stock", order("LMT", lmtPrice=low, hidden=True)),
        "AllOrNone": ("stock", order("LMT", lmtPrice=low, allOrNone=True, minQty=5)),
        "GoodTillDate": (
            "stock", order("LMT", tif="GTD", lmtPrice=low, goodTillDate="20260420-15:00:00"),
        ),
        "GoodAfterTime": (
            "stock",
            order("LMT", tif="GTC", lmtPrice=low, goodAfterTime="20360101-15:00:00"),
        ),
        "OutsideHours": ("stock", order("LMT", lmtPrice=low, outsideRth=True)),
        "Told": (
            "stock",
            order(
                "LMT", lmtPrice=low, orderRef="ref", openClose="C", rule80A="A", solicited=True,
                modelCode="", settlingFirm="", clearingIntent="IB", algoId="", origin=0,
                triggerMethod=2, usePriceMgmtAlgo=True, randomizeSize=True, randomizePrice=True,
                optOutSmartRouting=True, duration=2147483647, postToAts=1,
                mifid2DecisionMaker="maker", mifid2DecisionAlgo="algo",
                mifid2ExecutionTrader="trader", mifid2ExecutionAlgo="execution",
                dontUseAutoPriceForHedge=True, professionalCustomer=True,
                overridePercentageConstraints=True, advancedErrorOverride="", exemptCode=-1,
            ),
        ),
    } | {
        f"Algo {name}": (
            "stock", order("LMT", size=100, lmtPrice=low, algoStrategy=name, algoParams=given),
        )
        for name, given in ALGOS.items()
    } | {
        name: ("stock", order("LMT", lmtPrice=low, conditions=[made], conditionsIgnoreRth=True))
        for name, made in CONDITIONS.items()
    }  # fmt: skip


def families(low: float, high: float) -> dict[str, list[tuple[str, Fields]]]:
    """Samples of several orders. ``parentId`` counts: 0 is the first order of the family."""
    parent = order("LMT", lmtPrice=low, transmit=False)
    waits = order("STP", "SELL", auxPrice=low - 5, parentId=0)
    return {
        "BracketOrder": [
            ("stock", parent),
            ("stock", order("LMT", "SELL", lmtPrice=high, parentId=0, transmit=False)),
            ("stock", waits),
        ],
        "OneCancelsAll": [
            ("stock", order("LMT", lmtPrice=low, ocaGroup="samples", ocaType=kind))
            for kind in (2, 2)
        ],
        "MarketFHedge": [
            ("stock", parent),
            ("pair", order("MKT", "SELL", size=0, parentId=0, hedgeType="F")),
        ],
        "PairHedge": [
            ("stock", parent),
            (
                "other",
                order("MKT", "SELL", size=0, parentId=0, hedgeType="P", hedgeParam="0.5"),
            ),
        ],
        "AttachAdjustableToStop": [
            ("stock", parent),
            (
                "stock",
                waits
                | {"triggerPrice": high, "adjustedOrderType": "STP", "adjustedStopPrice": low},
            ),
        ],
        "AttachAdjustableToStopLimit": [
            ("stock", parent),
            (
                "stock",
                waits
                | {
                    "triggerPrice": high,
                    "adjustedOrderType": "STP LMT",
                    "adjustedStopPrice": low,
                    "adjustedStopLimitPrice": low - 1,
                },
            ),
        ],
        "AttachAdjustableToTrail": [
            ("stock", parent),
            (
                "stock",
                waits
                | {
                    "triggerPrice": high,
                    "adjustedOrderType": "TRAIL",
                    "adjustedStopPrice": low,
                    "adjustableTrailingUnit": 100,
                    "adjustedTrailingAmount": 5.0,
                },
            ),
        ],
    }


CONTRACTS["other"] = STOCK | {"symbol": "MSFT"}


class Records:
    """Makes the records of a sample; a driver says how its library makes one of a kind."""

    def of(self, home: str, kind: str, **fields: Any) -> Any:
        """A record; ``home`` is the module of the official shape that has its class."""
        raise NotImplementedError

    def contract(self, fields: Fields) -> Any:
        plain = dict(fields)
        if "comboLegs" in plain:
            legs = plain["comboLegs"]
            plain["comboLegs"] = [self.of("contract", "ComboLeg", **one) for one in legs]
        return self.of("contract", "Contract", **plain)

    def order(self, fields: Fields) -> Any:
        found = self.of("order", "Order")
        for retired in ("eTradeOnly", "firmQuoteOnly"):
            if hasattr(found, retired):
                setattr(found, retired, False)
        for name, value in fields.items():
            if hasattr(found, name):
                setattr(found, name, self.value(name, value))
        return found

    def value(self, name: str, value: Any) -> Any:
        if name in ("algoParams", "smartComboRoutingParams"):
            return [self.of("tag_value", "TagValue", tag=tag, value=text) for tag, text in value]
        if name == "orderComboLegs":
            return [self.of("order", "OrderComboLeg", price=price) for price in value]
        if name == "conditions":
            return [self.of("order_condition", kind, **given) for kind, given in value]
        return value


def samples(low: float, high: float) -> dict[str, list[tuple[str, Fields]]]:
    """All samples: the orders of each, with the name of its contract."""
    single = {name: [one] for name, one in plain(low, high).items()}
    return single | families(low, high)
