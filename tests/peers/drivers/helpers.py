"""Says what the helpers of an official-shaped package give, one JSON object: call -> outcome.

Of an exception only its class is told, and of a protobuf message its bytes. The package is used
from outside, by its public names.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import json
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

sys.tracebacklimit = 0
VALUES = (
    1, 1.5, True, False, None, "", "a", "\u00e9", 2147483647, 1.7976931348623157e308, float("inf"),
    Decimal("1.50"), 9223372036854775807,
)  # fmt: skip
TOKENS = (
    b"", b"0", b"1", b"2", b"5.5", b"abc", b"-1", b"2147483647", b"1.7976931348623157E308",
    b"Infinity", b"\xff", b"NaN", b"9223372036854775807", b"-9223372036854775808", b"1,000",
    b"170141183460469231731687303715884105727",
)  # fmt: skip
FRAMES = (
    b"", b"\0\0", b"\0\0\0\x03abc", b"\0\0\0\x03abcdef", b"\0\0\0\x05abc", b"\0\0\0\0",
    b"\0\0\0\0x",
)  # fmt: skip
CONDITIONS = {
    1: [b"a", b"1", b"99.5", b"756733", b"SMART", b"2"],
    3: [b"o", b"0", b"20260101"],
    4: [b"a", b"1", b"30"],
    5: [b"o", b"STK", b"SMART", b"SPY"],
    6: [b"a", b"0", b"1000", b"7", b"SMART"],
    7: [b"a", b"1", b"5.5", b"7", b"SMART"],
}


def outcome(call: Callable[[], Any]) -> str:
    """What a call gives, or the class of what it raises."""
    try:
        found = call()
    except Exception as error:
        return f"raises {type(error).__name__}"
    return f"{type(found).__name__} {found!r}"


def fields(comm: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    for value in VALUES:
        yield f"make_field {value!r}", lambda v=value: comm.make_field(v)
        name = f"make_field_handle_empty {value!r}"
        yield name, lambda v=value: comm.make_field_handle_empty(v)
    yield "make_msg", lambda: comm.make_msg(1, False, "a\0b\0")
    yield "make_msg raw", lambda: comm.make_msg(1, True, "a\0b\0")
    yield "make_msg_proto", lambda: comm.make_msg_proto(201, b"abc")
    yield "make_initial_msg", lambda: comm.make_initial_msg("v100..226")
    for data in FRAMES:
        yield f"read_msg {data!r}", lambda d=data: comm.read_msg(d)
    for data in (b"", b"a", b"a\0", b"a\0b\0", b"a\0b", b"\0"):
        yield f"read_fields {data!r}", lambda d=data: comm.read_fields(d)


def decoding(utils: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    for kind in (int, float, str, bool, Decimal):
        for token in TOKENS:
            for shown in (False, True):
                name = f"decode {kind.__name__} {token!r} {shown}"
                yield name, lambda k=kind, t=token, s=shown: utils.decode(k, iter([t]), s)
    for token in (b"abc", b"a\\u0041", b"\xff", b"\\n"):
        yield f"unicode {token!r}", lambda t=token: utils.decode(str, iter([t]), False, True)
    yield "no field", lambda: utils.decode(int, iter([]))
    yield "SHOW_UNSET", lambda: utils.SHOW_UNSET


def conditions(module: Any) -> Iterator[tuple[str, Callable[[], Any]]]:
    for kind, tokens in CONDITIONS.items():
        for given in (tokens, [*tokens, b"x"], tokens[:-1], [b"q", *tokens[1:]], [b"a"]):
            yield f"condition {kind} {given}", lambda k=kind, g=given: read(module, k, g)
        yield f"empty {kind}", lambda k=kind: module.Create(k).make_fields()
    yield "no kind", lambda: module.OrderCondition(9).make_fields()
    yield "operator", lambda: module.OperatorCondition(3, True).make_fields()
    yield "contract", lambda: module.ContractCondition(6, 1, "X", True).make_fields()
    made = module.ContractCondition(6, 1, "X", True)
    yield "contract read", lambda: (made.setValueFromString("5"), made.valueToString())


def read(module: Any, kind: int, tokens: list[bytes]) -> Any:
    made, left = module.Create(kind), iter(tokens)
    made.decode(left)
    return made.make_fields(), sorted(vars(made).items()), list(left)


def gates(client: Any, base: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What is too new for a server, each field alone and two together."""
    proto = {
        name: getattr(importlib.import_module(f"{base}.protobuf.{name}_pb2"), name)
        for name in ("Order", "AttachedOrders")
    }
    orders = [
        {field: 1} for field in ("routeMarketableToBbo", "postOnly", "hedgeMaxSize", "duration")
    ]
    orders += [{"whatIfType": 1, "deactivate": True}, {"conditionsIncludeOvernight": False}, {}]
    attached: list[dict[str, Any]] = [{"slOrderId": 5}, {"ptOrderType": ""}, {}]
    for version in (203, 215, 216, 217, 218, 222, 223, 225, 226):
        for values in orders:
            name = f"order {version} {values}"
            yield (
                name,
                lambda v=version, o=values: at(client, v).validateOrderParameters(
                    proto["Order"](**o)
                ),
            )
        for values in attached:
            name = f"attached {version} {values}"
            yield (
                name,
                lambda v=version, o=values: at(client, v).validateAttachedOrdersParameters(
                    proto["AttachedOrders"](**o)
                ),
            )


def at(client: Any, version: int) -> Any:
    client.serverVersion_ = version
    return client


class Told:
    """A wrapper that keeps the calls."""

    def __init__(self) -> None:
        self.calls: list[Any] = []

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *arguments: self.calls.append((name, [str(one) for one in arguments]))


def interpreting(decoder: Any, base: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    size = importlib.import_module(f"{base}.protobuf.TickSize_pb2").TickSize
    body = size(reqId=5, tickType=3, size="100").SerializeToString()
    for number, tokens in ((2, (b"6", b"7", b"3", b"100")), (46, (b"6", b"7", b"45", b"t"))):
        for version in (176, 200):
            yield (
                f"interpret {number} {version}",
                lambda v=version, n=number, t=tokens: told(decoder, v, "interpret", t, n),
            )
    yield "method", lambda: told(decoder, 176, "processTickSizeMsg", iter((b"6", b"7", b"3", b"9")))
    yield "protobuf", lambda: told(decoder, 226, "processProtoBuf", body, 2)[-1:]
    yield "protobuf method", lambda: told(decoder, 226, "processTickSizeMsgProtoBuf", body)[-1:]
    yield "no protobuf", lambda: told(decoder, 226, "processProtoBuf", b"\xff\xff", 2)
    yield "no id", lambda: told(decoder, 176, "interpret", (), 0)
    yield (
        "unknown",
        lambda: [c[1][0::2][:2] for c in told(decoder, 226, "processProtoBuf", b"", 999)],
    )
    yield "nothing", decoder.HandleInfo
    info = decoder.Decoder.msgId2handleInfo[46]
    for tokens in ((b"6", b"7", b"45", b"t"), (b"6", b"7", b"45"), (b"6", b"7", b"x", b"t")):
        name = f"signature {tokens}"
        yield name, lambda t=tokens: told(decoder, 176, "interpretWithSignature", t, info)


def making(base: str) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Requests and their parts as protobuf, from the same objects."""
    get = lambda name: importlib.import_module(f"{base}.{name}")  # noqa: E731
    utils, kinds = get("client_utils"), get("order_condition")
    contract, order, leg = (
        get("contract").Contract(),
        get("order").Order(),
        get("contract").ComboLeg(),
    )
    leg.conId, leg.ratio, leg.action, leg.exchange = 5, 1, "BUY", "SMART"
    contract.symbol, contract.secType, contract.comboLegs = "SPY", "BAG", [leg]
    order.action, order.totalQuantity, order.orderType = "BUY", Decimal(5), "LMT"
    order.lmtPrice, order.slOrderId, order.slOrderType = 5.5, 7, "PRESET"
    order.conditions = [kinds.PriceCondition(2, 756733, "SMART", True, 99.5)]
    price, volume = order.conditions[0], kinds.VolumeCondition(1, "SMART", True, 1000)
    options = [get("tag_value").TagValue("x", "y")]
    for name, arguments in (
        ("PlaceOrderRequest", (7, contract, order)),
        ("Contract", (contract, order)),
        ("Order", (order,)),
        ("AttachedOrders", (order,)),
        ("ComboLeg", (leg, 1.5)),
        ("DeltaNeutralContract", (contract,)),
        ("SoftDollarTier", (order,)),
        ("OrderCondition", (price,)),
        ("OperatorCondition", (kinds.MarginCondition(True, 30),)),
        ("ContractCondition", (volume,)),
        ("PriceCondition", (price,)),
        ("VolumeCondition", (volume,)),
        ("MarketDataRequest", (7, contract, "233", False, True, options)),
        ("HistoricalDataRequest", (7, contract, "", "1 D", "1 min", "TRADES", True, 1, False, [])),
        ("CancelOrderRequest", (7, get("order_cancel").OrderCancel())),
        ("ScannerSubscriptionRequest", (7, get("scanner").ScannerSubscription(), options, [])),
        ("StartApiRequest", (7, "")),
        ("PositionsRequest", ()),
        ("CancelAccountSummaryRequest", (7,)),
    ):
        make = getattr(utils, f"create{name}Proto")
        yield f"create {name}", lambda m=make, a=arguments: serialized(m(*a))


def serialized(made: Any) -> Any:
    return made.SerializeToString(deterministic=True).hex() if made is not None else None


def told(decoder: Any, version: int, method: str, *arguments: Any) -> list[Any]:
    wrapper = Told()
    made = decoder.Decoder(wrapper, version)
    made.discoverParams()
    getattr(made, method)(*arguments)
    return wrapper.calls


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--module", default="ibapi")
    base = parser.parse_args().module
    get = lambda name: importlib.import_module(f"{base}.{name}")  # noqa: E731
    client = get("client").EClient(get("wrapper").EWrapper())
    found: dict[str, str] = {}
    aside = io.TextIOWrapper(io.BytesIO(), "utf-8")  # some print, and ask for its encoding
    with contextlib.redirect_stdout(aside):
        for calls in (
            fields(get("comm")),
            decoding(get("utils")),
            conditions(get("order_condition")),
            gates(client, base),
            interpreting(get("decoder"), base),
            making(base),
        ):
            found |= {name: outcome(call) for name, call in calls}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
