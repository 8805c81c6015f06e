"""The steps of ibkr-go's transcripts: which message each is, and where its fields belong.

The names of fields are ours in snake case, but for those in the tables.
"""

import datetime
import re
from typing import Any, Final

import msgspec

from ...wire.catalogue import (
    account,
    contract,
    depth,
    display,
    history,
    legacy,
    market,
    news,
    options,
    orders,
    pnl,
    reference,
    reports,
    scanner,
    session,
    ticks,
    wsh,
)
from ...wire.message import Message, hints
from ...wire.plan import bare, is_list, is_record, plain


class TranscriptStep(msgspec.Struct, frozen=True):
    """What a step is in our words."""

    message: type[Message]
    names: dict[str, str] = {}
    """Their path -> ours, where it is not the same in camel case; "" for what has no place."""


_ORDER: Final = {
    name: f"order.{ours}"
    for name, ours in {
        "action": "action", "order_type": "orderType", "lmt_price": "lmtPrice",
        "aux_price": "auxPrice", "tif": "tif", "account": "account",
        "trailing_percent": "trailingPercent", "transmit": "transmit", "perm_id": "permId",
        "client_id": "clientId", "origin": "origin", "quantity": "totalQuantity",
        "total_quantity": "totalQuantity",
    }.items()
} | {"status": "orderState.status", "remaining": "", "filled": ""}  # fmt: skip
_CANCEL: Final = {
    "field_count": "",
    "manual_order_cancel_time": "orderCancel.manualOrderCancelTime",
    "ext_operator": "orderCancel.extOperator",
    "manual_order_indicator": "orderCancel.manualOrderIndicator",
}
_BAR: Final = ("time", "open", "high", "low", "close", "volume", "wap", "count")
_BAR_NAMES: Final = {"time": "date", "count": "barCount"}
_HISTORY: Final = {
    "end_time": "endDateTime", "start_time": "startDateTime", "bar_size": "barSizeSetting",
    "use_rth": "useRTH", "provider_codes": "providerCodes",
}  # fmt: skip
_DETAILS: Final = {
    name: f"contractDetails.{ours}"
    for name, ours in {
        "market_name": "marketName", "min_tick": "minTick", "long_name": "longName",
        "time_zone_id": "timeZoneId",
    }.items()
}  # fmt: skip
_SYMBOL: Final = {
    f"symbols[].{name}": f"contractDescriptions[].contract.{ours}"
    for name, ours in {
        "con_id": "conId", "symbol": "symbol", "sec_type": "secType", "currency": "currency",
        "primary_exchange": "primaryExchange", "description": "description",
        "issuer_id": "issuerId",
    }.items()
} | {"symbols[].derivative_sec_types": "contractDescriptions[].derivativeSecTypes"}  # fmt: skip
_LIST: Final = {
    "components[].exchange_name": "smartComponents[].exchange",
    "components[]": "smartComponents[]", "codes[]": "familyCodes[]",
    "codes[].account_id": "familyCodes[].accountID",
    "codes[].family_code": "familyCodes[].familyCodeStr",
    "entries[]": "histogramDataEntries[]", "increments[]": "priceIncrements[]",
    "exchanges[]": "depthMktDataDescriptions[]", "providers[]": "newsProviders[]",
    "tiers[]": "softDollarTiers[]", "sessions[]": "historicalSessions[]",
}  # fmt: skip
_RANKED: Final = {"entries[]": "scannerDataElement[]"}
_TICK: Final = {"field": "tickType"}

STEPS: Final[dict[str, TranscriptStep]] = {
    # requests
    "place_order": TranscriptStep(orders.PlaceOrder, _ORDER),
    "cancel_order": TranscriptStep(orders.CancelOrder, _CANCEL),
    "global_cancel": TranscriptStep(orders.ReqGlobalCancel, _CANCEL),
    "req_open_orders client": TranscriptStep(orders.ReqOpenOrders),
    "req_open_orders all": TranscriptStep(orders.ReqAllOpenOrders),
    "req_completed_orders": TranscriptStep(orders.ReqCompletedOrders),
    "req_executions": TranscriptStep(
        orders.ReqExecutions,
        {"account": "executionFilter.acctCode", "symbol": "executionFilter.symbol"},
    ),
    "req_ids": TranscriptStep(session.ReqIds),
    "req_current_time": TranscriptStep(session.ReqCurrentTime),
    "req_positions": TranscriptStep(account.ReqPositions),
    "cancel_positions": TranscriptStep(account.CancelPositions),
    "req_positions_multi": TranscriptStep(account.ReqPositionsMulti),
    "cancel_positions_multi": TranscriptStep(account.CancelPositionsMulti),
    "req_account_summary": TranscriptStep(account.ReqAccountSummary, {"account": "group"}),
    "cancel_account_summary": TranscriptStep(account.CancelAccountSummary),
    "req_account_updates": TranscriptStep(account.ReqAccountUpdates, {"account": "acctCode"}),
    "req_account_updates_multi": TranscriptStep(account.ReqAccountUpdatesMulti),
    "cancel_account_updates_multi": TranscriptStep(account.CancelAccountUpdatesMulti),
    "req_pnl": TranscriptStep(pnl.ReqPnL),
    "cancel_pnl": TranscriptStep(pnl.CancelPnL),
    "req_pnl_single": TranscriptStep(pnl.ReqPnLSingle),
    "cancel_pnl_single": TranscriptStep(pnl.CancelPnLSingle),
    "req_contract_details": TranscriptStep(contract.ReqContractDetails),
    "req_historical_bars": TranscriptStep(history.ReqHistoricalData, _HISTORY),
    "cancel_historical_data": TranscriptStep(history.CancelHistoricalData),
    "req_historical_ticks": TranscriptStep(ticks.ReqHistoricalTicks, _HISTORY),
    "req_head_timestamp": TranscriptStep(ticks.ReqHeadTimeStamp),
    "req_histogram_data": TranscriptStep(ticks.ReqHistogramData),
    "req_realtime_bars": TranscriptStep(ticks.ReqRealTimeBars, _HISTORY),
    "cancel_realtime_bars": TranscriptStep(ticks.CancelRealTimeBars),
    "req_tick_by_tick": TranscriptStep(ticks.ReqTickByTickData),
    "cancel_tick_by_tick": TranscriptStep(ticks.CancelTickByTickData),
    "req_quote": TranscriptStep(market.ReqMktData, {"generic_ticks": "genericTickList"}),
    "cancel_quote": TranscriptStep(market.CancelMktData),
    "req_market_depth": TranscriptStep(depth.ReqMktDepth),
    "req_mkt_depth_exchanges": TranscriptStep(depth.ReqMktDepthExchanges),
    "req_market_rule": TranscriptStep(reference.ReqMarketRule),
    "req_matching_symbols": TranscriptStep(reference.ReqMatchingSymbols),
    "req_news_article": TranscriptStep(news.ReqNewsArticle),
    "req_news_bulletins": TranscriptStep(news.ReqNewsBulletins),
    "cancel_news_bulletins": TranscriptStep(news.CancelNewsBulletins),
    "req_news_providers": TranscriptStep(news.ReqNewsProviders),
    "req_historical_news": TranscriptStep(news.ReqHistoricalNews, _HISTORY),
    "req_scanner_parameters": TranscriptStep(scanner.ReqScannerParameters),
    "req_scanner_subscription": TranscriptStep(scanner.ReqScannerSubscription),
    "req_sec_def_opt_params": TranscriptStep(options.ReqSecDefOptParams),
    "req_smart_components": TranscriptStep(reference.ReqSmartComponents),
    "req_soft_dollar_tiers": TranscriptStep(reference.ReqSoftDollarTiers),
    "req_family_codes": TranscriptStep(reference.ReqFamilyCodes),
    "req_fundamental_data": TranscriptStep(legacy.ReqFundamentalData),
    "req_user_info": TranscriptStep(reference.ReqUserInfo),
    "req_wsh_meta_data": TranscriptStep(wsh.ReqWshMetaData),
    "req_calc_implied_volatility": TranscriptStep(options.CalculateImpliedVolatility),
    "req_calc_option_price": TranscriptStep(options.CalculateOptionPrice),
    "query_display_groups": TranscriptStep(display.QueryDisplayGroups),
    "subscribe_group_events": TranscriptStep(display.SubscribeToGroupEvents),
    "update_display_group": TranscriptStep(display.UpdateDisplayGroup),
    "unsubscribe_group_events": TranscriptStep(display.UnsubscribeFromGroupEvents),
    # answers
    "managed_accounts": TranscriptStep(session.ManagedAccounts, {"accounts": "accountsList"}),
    "next_valid_id": TranscriptStep(session.NextValidId),
    "current_time": TranscriptStep(session.CurrentTime, {"time": "currentTime"}),
    "api_error": TranscriptStep(
        session.ErrorMessage,
        {"req_id": "id", "code": "errorCode", "message": "errorMsg", "error_time_ms": "errorTime"},
    ),
    "open_order": TranscriptStep(reports.OpenOrder, _ORDER),
    "open_order_end": TranscriptStep(reports.OpenOrdersEnd),
    "order_status": TranscriptStep(reports.OrderStatus),
    "completed_order": TranscriptStep(
        reports.CompletedOrder, _ORDER | {"filled": "order.filledQuantity"}
    ),
    "completed_order_end": TranscriptStep(reports.CompletedOrdersEnd),
    "execution_detail": TranscriptStep(
        reports.ExecutionDetails,
        {
            "account": "execution.acctNumber", "symbol": "contract.symbol",
            **{
                name: f"execution.{ours}"
                for name, ours in {
                    "order_id": "orderId", "exec_id": "execId", "side": "side",
                    "shares": "shares", "price": "price", "time": "time",
                }.items()
            },
        },
    ),
    "executions_end": TranscriptStep(reports.ExecutionDetailsEnd),
    "commission_report": TranscriptStep(
        reports.CommissionReport,
        {"commission": "commissionAndFees", "realized_pnl": "realizedPNL"},
    ),
    "position": TranscriptStep(account.Position),
    "position_end": TranscriptStep(account.PositionEnd),
    "position_multi": TranscriptStep(account.PositionMulti),
    "position_multi_end": TranscriptStep(account.PositionMultiEnd),
    "account_summary": TranscriptStep(account.AccountSummary),
    "account_summary_end": TranscriptStep(account.AccountSummaryEnd),
    "account_update_multi": TranscriptStep(account.AccountUpdateMulti),
    "account_update_multi_end": TranscriptStep(account.AccountUpdateMultiEnd),
    "account_download_end": TranscriptStep(account.AccountDataEnd, {"account": "accountName"}),
    "update_account_time": TranscriptStep(account.AccountUpdateTime, {"timestamp": "timeStamp"}),
    "update_account_value": TranscriptStep(account.AccountValue, {"account": "accountName"}),
    "update_portfolio": TranscriptStep(
        account.PortfolioValue,
        {
            "account": "accountName", "avg_cost": "averageCost",
            "unrealized_pnl": "unrealizedPNL", "realized_pnl": "realizedPNL",
        },
    ),
    "pnl": TranscriptStep(pnl.PnL),
    "pnl_single": TranscriptStep(pnl.PnLSingle),
    "contract_details": TranscriptStep(contract.ContractData, _DETAILS),
    "contract_details_end": TranscriptStep(contract.ContractDataEnd),
    "historical_bar": TranscriptStep(
        history.HistoricalData,
        {name: f"historicalDataBars[].{_BAR_NAMES.get(name, name)}" for name in _BAR},
    ),
    "historical_bars_end": TranscriptStep(
        history.HistoricalDataEnd, {"start": "startDateStr", "end": "endDateStr"}
    ),
    "historical_bars_range_end": TranscriptStep(
        history.HistoricalDataEnd, {"start": "startDateStr", "end": "endDateStr"}
    ),
    "historical_data_update": TranscriptStep(
        history.HistoricalDataUpdate,
        {name: f"historicalDataBar.{_BAR_NAMES.get(name, name)}" for name in _BAR}
        | {"bar_count": ""},
    ),
    "historical_schedule": TranscriptStep(history.HistoricalSchedule, _LIST),
    "historical_ticks": TranscriptStep(
        ticks.HistoricalTicks, {"ticks[]": "historicalTicks[]", "done": "isDone"}
    ),
    "historical_ticks_bid_ask": TranscriptStep(
        ticks.HistoricalTicksBidAsk,
        {
            "ticks[]": "historicalTicksBidAsk[]", "done": "isDone",
            "ticks[].tick_attrib": "historicalTicksBidAsk[].tickAttribBidAsk",
            "ticks[].bid_price": "historicalTicksBidAsk[].priceBid",
            "ticks[].ask_price": "historicalTicksBidAsk[].priceAsk",
            "ticks[].bid_size": "historicalTicksBidAsk[].sizeBid",
            "ticks[].ask_size": "historicalTicksBidAsk[].sizeAsk",
        },
    ),
    "historical_ticks_last": TranscriptStep(
        ticks.HistoricalTicksLast,
        {
            "ticks[]": "historicalTicksLast[]", "done": "isDone",
            "ticks[].tick_attrib": "historicalTicksLast[].tickAttribLast",
        },
    ),
    "tick_by_tick": TranscriptStep(
        ticks.TickByTickData,
        {
            "tick_attrib_last": "historicalTickLast.tickAttribLast",
            **{
                name: f"historicalTickLast.{ours}"
                for name, ours in {
                    "time": "time", "price": "price", "size": "size", "exchange": "exchange",
                    "special_conditions": "specialConditions",
                }.items()
            },
        },
    ),
    "realtime_bar": TranscriptStep(ticks.RealTimeBarTick),
    "head_timestamp": TranscriptStep(ticks.HeadTimestamp, {"timestamp": "headTimestamp"}),
    "histogram_data": TranscriptStep(ticks.HistogramData, _LIST),
    "historical_news": TranscriptStep(news.HistoricalNews),
    "historical_news_end": TranscriptStep(news.HistoricalNewsEnd),
    "news_article": TranscriptStep(news.NewsArticle),
    "news_bulletin": TranscriptStep(
        news.NewsBulletin,
        {
            "msg_id": "newsMsgId", "msg_type": "newsMsgType", "headline": "newsMessage",
            "source": "originatingExch",
        },
    ),
    "news_providers": TranscriptStep(news.NewsProviders, _LIST),
    "market_data_type": TranscriptStep(market.MarketDataType, {"data_type": "marketDataType"}),
    "tick_price": TranscriptStep(market.TickPrice, _TICK),
    "tick_size": TranscriptStep(market.TickSize, _TICK),
    "tick_generic": TranscriptStep(market.TickGeneric, _TICK),
    "tick_string": TranscriptStep(market.TickString, _TICK),
    "tick_option_computation": TranscriptStep(options.TickOptionComputation),
    "tick_req_params": TranscriptStep(market.TickReqParams),
    "tick_snapshot_end": TranscriptStep(market.TickSnapshotEnd),
    "market_rule": TranscriptStep(reference.MarketRule, _LIST),
    "matching_symbols": TranscriptStep(reference.SymbolSamples, _SYMBOL),
    "mkt_depth_exchanges": TranscriptStep(depth.MarketDepthExchanges, _LIST),
    "scanner_data": TranscriptStep(scanner.ScannerData, _RANKED),
    "scanner_parameters": TranscriptStep(scanner.ScannerParameters),
    "sec_def_opt_params": TranscriptStep(options.SecDefOptParameter),
    "sec_def_opt_params_end": TranscriptStep(options.SecDefOptParameterEnd),
    "smart_components": TranscriptStep(reference.SmartComponents, _LIST),
    "soft_dollar_tiers": TranscriptStep(reference.SoftDollarTiers, _LIST),
    "family_codes": TranscriptStep(reference.FamilyCodes, _LIST),
    "fundamental_data": TranscriptStep(legacy.FundamentalData),
    "user_info": TranscriptStep(reference.UserInfo),
    "display_group_list": TranscriptStep(display.DisplayGroupList),
    "display_group_updated": TranscriptStep(display.DisplayGroupUpdated),
}  # fmt: skip
_CONTRACT: Final = {"expiry": "lastTradeDateOrContractMonth"}
_BITS: Final = {
    "tickAttribBidAsk": ("bidPastLow", "askPastHigh"),
    "tickAttribLast": ("pastLimit", "unreported"),
}
_PNL: Final = re.compile(r"Pnl\Z")


def fields(step: TranscriptStep, told: dict[str, Any]) -> dict[str, Any]:
    """What a step tells, as the fields of our message. Raises ``ValueError`` for an unknown one."""
    out: dict[str, Any] = {}
    _place(step, told, "", out)
    _check(step.message, out)
    return out


def _check(cls: Any, found: dict[str, Any]) -> None:
    """Refuse fields that a record does not have; an empty text is a number that is not set."""
    known = hints(cls)
    for name, value in list(found.items()):
        if name not in known:
            raise ValueError(f"{cls.__name__} has no field {name!r}")
        kind = plain(known[name])
        element = kind.__args__[0] if is_list(known[name]) else kind
        if is_record(element):
            for inner in value if isinstance(value, list) else [value]:
                _check(bare(element), inner)
        elif value == "" and kind is not str:
            del found[name]


def _place(step: TranscriptStep, told: dict[str, Any], at: str, out: dict[str, Any]) -> None:
    for name, value in told.items():
        path = f"{at}{name}"
        if isinstance(value, dict):
            _place(step, value, f"{path}.", out)
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            for index, element in enumerate(value):
                inner: dict[str, Any] = {}
                _place(step, element, f"{path}[].", inner)
                _merge(out, inner, index)
        elif ours := _ours(step, path):
            _put(out, ours, _value(ours.rpartition(".")[2].removesuffix("[]"), value, step))


def _ours(step: TranscriptStep, path: str) -> str:
    """Our path of theirs; "" when it has no place."""
    if path in step.names:
        return step.names[path]
    if f"{path}[]" in step.names:  # an empty list
        return ""
    parent, _, name = path.rpartition(".")
    if not parent:
        return _camel(name)
    above = _ours(step, parent)
    ours = _CONTRACT.get(name) if above.endswith("contract") else None
    return above and f"{above}.{ours or _camel(name)}"


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return _PNL.sub("PnL", first + "".join(part.capitalize() for part in rest))


def _value(name: str, value: Any, step: TranscriptStep) -> Any:
    if name in _BITS:
        return {bit: bool(int(value) >> place & 1) for place, bit in enumerate(_BITS[name])}
    if isinstance(value, bool):
        return int(value) if name == "useRTH" else value
    if isinstance(value, list) and name in ("accountsList", "genericTickList", "tags"):
        return ",".join(map(str, value))
    if name == "time" and step.message is ticks.RealTimeBarTick and "T" in str(value):
        return int(datetime.datetime.fromisoformat(value).timestamp())
    return value


def _put(out: dict[str, Any], path: str, value: Any) -> None:
    *parents, name = path.split(".")
    for parent in parents:
        if parent.endswith("[]"):
            elements = out.setdefault(parent.removesuffix("[]"), [{}])
            out = elements[-1]
        else:
            out = out.setdefault(parent, {})
    out[name.removesuffix("[]")] = value


def _merge(out: dict[str, Any], inner: dict[str, Any], index: int) -> None:
    """Add the elements of one object of their list to ours."""
    for name, value in inner.items():
        if isinstance(value, list) and index and name in out:
            out[name] += value
        else:
            out[name] = value
