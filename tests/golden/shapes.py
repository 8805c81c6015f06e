"""Where the fields of a transcript stand in our messages, and in the official callbacks.

One row per kind of step. The recorder names fields in its own way; a field that is named here
nowhere must be in the table of differences (``test_transcripts.py``).
"""

from typing import Any

import msgspec

from golden.transcripts import Step, general
from papertape.model.units import Record
from papertape.wire.catalogue import account, contract, history, orders, reports, session, ticks
from papertape.wire.codecs import CODECS, evaluate
from papertape.wire.layout import Each, Field, Optional, Part, When
from papertape.wire.layout import Step as LayoutStep
from papertape.wire.message import Message
from papertape.wire.plan import annotation, plan

CONTRACT = {
    f"contract.{theirs}": f"contract.{ours}"
    for theirs, ours in {
        "symbol": "symbol",
        "sec_type": "secType",
        "con_id": "conId",
        "expiry": "lastTradeDateOrContractMonth",
        "strike": "strike",
        "right": "right",
        "multiplier": "multiplier",
        "exchange": "exchange",
        "primary_exchange": "primaryExchange",
        "currency": "currency",
        "local_symbol": "localSymbol",
        "trading_class": "tradingClass",
    }.items()
}
ORDER = {
    "action": "order.action",
    "order_type": "order.orderType",
    "lmt_price": "order.lmtPrice",
    "aux_price": "order.auxPrice",
    "tif": "order.tif",
    "account": "order.account",
    "trailing_percent": "order.trailingPercent",
    "transmit": "order.transmit",
    "perm_id": "order.permId",
    "client_id": "order.clientId",
    "origin": "order.origin",
}
STATUS = {
    "order_id": "orderId",
    "status": "status",
    "filled": "filled",
    "remaining": "remaining",
    "avg_fill_price": "avgFillPrice",
    "perm_id": "permId",
    "parent_id": "parentId",
    "last_fill_price": "lastFillPrice",
    "client_id": "clientId",
    "why_held": "whyHeld",
    "mkt_cap_price": "mktCapPrice",
}
ERROR = {
    "req_id": "id",
    "code": "errorCode",
    "message": "errorMsg",
    "advanced_order_reject_json": "advancedOrderRejectJson",
    "error_time_ms": "errorTime",
}
EXECUTION = {
    "req_id": "reqId",
    "order_id": "execution.orderId",
    "exec_id": "execution.execId",
    "account": "execution.acctNumber",
    "symbol": "contract.symbol",
    "side": "execution.side",
    "shares": "execution.shares",
    "price": "execution.price",
    "time": "execution.time",
}
BARS = {
    "req_id": "reqId",
    **{
        f"bars[].{theirs}": f"historicalDataBars[].{ours}"
        for theirs, ours in {
            "time": "date",
            "open": "open",
            "high": "high",
            "low": "low",
            "close": "close",
            "volume": "volume",
            "wap": "wap",
            "count": "barCount",
        }.items()
    },
}
SCHEDULE = {
    "req_id": "reqId",
    "start_date_time": "startDateTime",
    "end_date_time": "endDateTime",
    "time_zone": "timeZone",
    "sessions[].start_date_time": "historicalSessions[].startDateTime",
    "sessions[].end_date_time": "historicalSessions[].endDateTime",
    "sessions[].ref_date": "historicalSessions[].refDate",
}
HISTORY = {
    "req_id": "reqId",
    **CONTRACT,
    "end_time": "endDateTime",
    "duration": "duration",
    "bar_size": "barSizeSetting",
    "what_to_show": "whatToShow",
    "use_rth": "useRTH",
}
CANCEL = {
    "order_id": "orderId",
    "manual_order_cancel_time": "orderCancel.manualOrderCancelTime",
    "ext_operator": "orderCancel.extOperator",
    "manual_order_indicator": "orderCancel.manualOrderIndicator",
}


class Shape(msgspec.Struct, frozen=True):
    """What a kind of step is in our words."""

    message: type[Message]
    places: dict[str, str] = {}
    """Their path -> ours; "[]" for an element of a list."""
    called: dict[str, str] = {}
    """Our path -> where the callback has it, if it is another place; without "[]" when every
    element of a list has a call of its own."""


ID = {"req_id": "reqId"}
SHAPES: dict[str, Shape] = {
    # requests
    "place_order": Shape(
        orders.PlaceOrder,
        {"order_id": "orderId", **CONTRACT, **ORDER, "total_quantity": "order.totalQuantity"},
    ),
    "cancel_order": Shape(orders.CancelOrder, CANCEL),
    "req_open_orders client": Shape(orders.ReqOpenOrders),
    "req_open_orders all": Shape(orders.ReqAllOpenOrders),
    "req_completed_orders": Shape(orders.ReqCompletedOrders, {"api_only": "apiOnly"}),
    "req_executions": Shape(
        orders.ReqExecutions,
        {**ID, "account": "executionFilter.acctCode", "symbol": "executionFilter.symbol"},
    ),
    "req_ids": Shape(session.ReqIds, {"num_ids": "numIds"}),
    "req_current_time": Shape(session.ReqCurrentTime),
    "req_positions": Shape(account.ReqPositions),
    "cancel_positions": Shape(account.CancelPositions),
    "req_account_summary": Shape(
        account.ReqAccountSummary, {**ID, "account": "group", "tags": "tags"}
    ),
    "cancel_account_summary": Shape(account.CancelAccountSummary, ID),
    "req_contract_details": Shape(contract.ReqContractDetails, {**ID, **CONTRACT}),
    "req_historical_bars": Shape(history.ReqHistoricalData, HISTORY),
    "req_realtime_bars": Shape(
        ticks.ReqRealTimeBars,
        {**ID, **CONTRACT, "what_to_show": "whatToShow", "use_rth": "useRTH"},
    ),
    # answers
    "managed_accounts": Shape(session.ManagedAccounts, {"accounts": "accountsList"}),
    "next_valid_id": Shape(session.NextValidId, {"order_id": "orderId"}),
    "current_time": Shape(
        session.CurrentTime, {"time": "currentTime"}, {"currentTime": "time"}
    ),
    "api_error": Shape(session.ErrorMessage, ERROR, {"id": "reqId", "errorMsg": "errorString"}),
    "open_order": Shape(
        reports.OpenOrder,
        {
            "order_id": "orderId",
            **CONTRACT,
            **ORDER,
            "quantity": "order.totalQuantity",
            "status": "orderState.status",
        },
    ),
    "open_order_end": Shape(reports.OpenOrdersEnd),
    "order_status": Shape(reports.OrderStatus, STATUS),
    "completed_order": Shape(
        reports.CompletedOrder,
        {
            **CONTRACT,
            **ORDER,
            "quantity": "order.totalQuantity",
            "status": "orderState.status",
            "filled": "order.filledQuantity",
        },
    ),
    "completed_order_end": Shape(reports.CompletedOrdersEnd),
    "execution_detail": Shape(reports.ExecutionDetails, EXECUTION),
    "commission_report": Shape(
        reports.CommissionReport,
        {
            "exec_id": "execId",
            "commission": "commissionAndFees",
            "currency": "currency",
            "realized_pnl": "realizedPNL",
        },
        {
            name: f"commissionAndFeesReport.{name}"
            for name in ("execId", "commissionAndFees", "currency", "realizedPNL")
        },
    ),
    "position": Shape(
        account.Position,
        {"account": "account", **CONTRACT, "position": "position", "avg_cost": "avgCost"},
    ),
    "position_end": Shape(account.PositionEnd),
    "account_summary": Shape(
        account.AccountSummary,
        {name: name for name in ("account", "tag", "value", "currency")} | ID,
    ),
    "account_summary_end": Shape(account.AccountSummaryEnd, ID),
    "contract_details": Shape(
        contract.ContractData,
        {
            **ID,
            **CONTRACT,
            "market_name": "contractDetails.marketName",
            "min_tick": "contractDetails.minTick",
            "long_name": "contractDetails.longName",
            "time_zone_id": "contractDetails.timeZoneId",
        },
        {f"contract.{name}": f"contractDetails.contract.{name}" for name in (
            "symbol", "secType", "conId", "exchange", "primaryExchange", "currency",
            "localSymbol", "tradingClass")},
    ),
    "contract_details_end": Shape(contract.ContractDataEnd, ID),
    "historical_bars": Shape(
        history.HistoricalData,
        BARS,
        {ours: ours.replace("historicalDataBars[]", "bar") for ours in BARS.values()},
    ),
    "historical_bars_end": Shape(history.HistoricalDataEnd, ID),
    "historical_schedule": Shape(
        history.HistoricalSchedule,
        SCHEDULE,
        {ours: ours.replace("historicalSessions", "sessions") for ours in SCHEDULE.values()},
    ),
}  # fmt: skip


def merged(steps: list[Step]) -> list[Step]:
    """The steps with the bars of an answer in one, as they are in one frame."""
    out: list[Step] = []
    for step in steps:
        if step.name == "historical_bar":
            facts = {f"bars[0].{name}": v for name, v in step.facts.items() if name != "req_id"}
            head = {"req_id": step.facts["req_id"]}
            if out[-1].name == "historical_bars":
                last = out.pop()
                count = sum(name.endswith(".time") for name in last.facts)
                facts = {name.replace("[0]", f"[{count}]"): v for name, v in facts.items()}
                head, step = last.facts, last
            out.append(Step(step.at, step.side, "historical_bars", {**head, **facts}))
        else:
            out.append(step)
    return out


def shape_of(step: Step) -> Shape:
    """The row of a step; the scope of a request for open orders is part of its name."""
    name = f"{step.name} {step.facts['scope']}" if "scope" in step.facts else step.name
    return SHAPES[name]


def places(step: Step) -> dict[str, tuple[str, str]]:
    """Their path -> our path and the captured text, for all that has a place with us."""
    shape = shape_of(step)
    out = {}
    for theirs, text in step.facts.items():
        if ours := shape.places.get(general(theirs)):
            indices = [part.partition("]")[0] for part in theirs.split("[")[1:]]
            for index in indices:
                ours = ours.replace("[]", f"[{index}]", 1)
            out[theirs] = ours, text
    return out


def built(step: Step, version: int) -> Any:
    """Our message of a step: every captured text read by the codec that the field has.

    A field that this version's text form lacks is left alone.
    """
    message = shape_of(step).message()
    known = codecs(type(message), version)
    for ours, text in places(step).values():
        if codec := known.get(general(ours)):
            put(message, ours, evaluate(CODECS[codec].read, text))
    return message


def codecs(cls: type[Message], version: int) -> dict[str, str]:
    """The fields of a text form with the codec of each."""
    found: dict[str, str] = {}

    def walk(steps: tuple[LayoutStep, ...], at: str) -> None:
        for step in steps:
            if isinstance(step, Field):
                found.setdefault(at + step.path, step.codec)
            elif isinstance(step, Each):
                walk(step.steps, f"{at}{step.path}[].")
            elif isinstance(step, Optional | Part):
                walk(step.steps, f"{at}{step.path}.")
            elif isinstance(step, When):
                walk(step.steps, at)

    walk(plan(cls, version), "")
    return found


def put(record: Any, path: str, value: Any) -> None:
    """Set the value at a path; elements of lists are made as needed."""
    *parents, name = path.split(".")
    for parent in parents:
        plain, _, index = parent.partition("[")
        inner = getattr(record, plain)
        if index:
            if len(inner) == int(index.rstrip("]")):
                element: type[Record] = annotation(type(record), plain).__args__[0]
                setattr(record, plain, inner := [*inner, element()])
            inner = inner[int(index.rstrip("]"))]
        record = inner
    setattr(record, name, value)
