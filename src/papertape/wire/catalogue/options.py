"""Options: chains, calculators, exercise, computed ticks."""

from ...model import Contract, TagValue
from ..layout import each, f, fields, since, until, variant, version
from ..message import Farm, Message, new, request, response
from .shared import REQUEST_CONTRACT


@request(78, since=104, protobuf=212, proto_name="SecDefOptParamsRequest",
         callback="reqSecDefOptParams", farm=Farm.DEFINITION)  # fmt: skip
class ReqSecDefOptParams(Message):
    """Asks for the expirations and strikes of an underlying."""

    reqId: int = 0
    underlyingSymbol: str = ""
    futFopExchange: str = ""
    underlyingSecType: str = ""
    underlyingConId: int = 0


@response(75, "reqId", "exchange", "underlyingConId", "tradingClass", "multiplier",
          each("expirations", None), each("strikes", None), since=104, protobuf=212,
          callback="securityDefinitionOptionParameter")  # fmt: skip
class SecDefOptParameter(Message):
    """Expirations and strikes of one trading class on one venue."""

    reqId: int = 0
    exchange: str = ""
    underlyingConId: int = 0
    tradingClass: str = ""
    multiplier: str = ""
    expirations: list[str] = []
    strikes: list[float] = []


@response(76, since=104, protobuf=212, callback="securityDefinitionOptionParameterEnd")
class SecDefOptParameterEnd(Message):
    """No more classes."""

    reqId: int = 0


@request(54, version(3), "reqId", *REQUEST_CONTRACT, "optionPrice", "underPrice",
         variant("implVolOptionsCount"), f("implVolOptions", "reserved"), protobuf=211,
         proto_name="CalculateImpliedVolatilityRequest",
         proto={"implVolOptions": " impliedVolatilityOptions"},
         callback="calculateImpliedVolatility", farm=Farm.MARKET)  # fmt: skip
class CalculateImpliedVolatility(Message):
    """Asks for the volatility that explains a price."""

    reqId: int = 0
    contract: Contract = new(Contract)
    optionPrice: float = 0.0
    underPrice: float = 0.0
    implVolOptions: list[TagValue] = []
    """Reserved; there is no text form of it."""


@request(55, version(3), "reqId", *REQUEST_CONTRACT, "volatility", "underPrice",
         variant("optPrcOptionsCount"), f("optPrcOptions", "reserved"), protobuf=211,
         proto_name="CalculateOptionPriceRequest",
         proto={"optPrcOptions": " optionPriceOptions"},
         callback="calculateOptionPrice", farm=Farm.MARKET)  # fmt: skip
class CalculateOptionPrice(Message):
    """Asks for the price at a volatility."""

    reqId: int = 0
    contract: Contract = new(Contract)
    volatility: float = 0.0
    underPrice: float = 0.0
    optPrcOptions: list[TagValue] = []
    """Reserved; there is no text form of it."""


@request(56, version(1), protobuf=211, callback="cancelCalculateImpliedVolatility",
         cancels=CalculateImpliedVolatility)  # fmt: skip
class CancelCalculateImpliedVolatility(Message):
    """Ends the calculation."""

    reqId: int = 0


@request(57, version(1), protobuf=211, callback="cancelCalculateOptionPrice",
         cancels=CalculateOptionPrice)  # fmt: skip
class CancelCalculateOptionPrice(Message):
    """Ends the calculation."""

    reqId: int = 0


@response(
    21,
    until(156, version(6)),
    "reqId",
    "tickType",
    since(156, f("tickAttrib", "int_zero")),
    f("impliedVol", "implied"),
    f("delta", "minus_two"),
    f("optPrice", "minus_one"),
    f("pvDividend", "minus_one"),
    f("gamma", "minus_two"),
    f("vega", "minus_two"),
    f("theta", "minus_two"),
    f("undPrice", "minus_one"),
    protobuf=206,
    proto={
        "impliedVol": "double<0",
        **dict.fromkeys(("optPrice", "pvDividend", "undPrice"), "double=-1"),
        **dict.fromkeys(("delta", "gamma", "vega", "theta"), "double=-2"),
    },
    callback="tickOptionComputation",
    market_data=True,
)
class TickOptionComputation(Message):
    """Volatility, price and greeks; -1 or -2 on the wire where a figure is not computed."""

    reqId: int = 0
    tickType: int = 0
    tickAttrib: int | None = None
    """0 based on returns, 1 based on prices."""
    impliedVol: float | None = None
    delta: float | None = None
    optPrice: float | None = None
    pvDividend: float | None = None
    gamma: float | None = None
    vega: float | None = None
    theta: float | None = None
    undPrice: float | None = None


_CONTRACT = fields(
    "conId", "symbol", "secType", "lastTradeDateOrContractMonth", "strike", "right", "multiplier",
    "exchange", "currency", "localSymbol", "tradingClass", prefix="contract.",
)  # fmt: skip


@request(21, version(2), "reqId", *_CONTRACT, "exerciseAction", "exerciseQuantity", "account",
         "override", since(180, "manualOrderTime", refuse="manual order time"),
         since(183, "customerAccount", refuse="customer account"),
         since(184, "professionalCustomer", refuse="professional customer"), protobuf=211,
         proto_name="ExerciseOptionsRequest", proto={"reqId": " orderId", "override": "bool"},
         callback="exerciseOptions", trading=True, urgent=True)  # fmt: skip
class ExerciseOptions(Message):
    """Exercises an option position or lets it lapse."""

    reqId: int = 0
    contract: Contract = new(Contract)
    exerciseAction: int = 0
    """1 exercise, 2 lapse."""
    exerciseQuantity: int = 0
    account: str = ""
    override: int = 0
    """1 overrides the system's natural action."""
    manualOrderTime: str = ""
    customerAccount: str = ""
    professionalCustomer: bool = False
