"""Moves the instants inside of live answers from then to now.

Moved are the server's time, times of errors, executions, completed orders, live bars, ticks and
headlines, and the connection time. History stays: what a program asks for by dates is a fact. A
time in words moves as a wall clock does, without regard to a change of summer time in between.
"""

import re
from datetime import datetime, timedelta
from typing import Any, Final

from ..wire.catalogue import history, market, news, session, ticks
from ..wire.catalogue import reports as told

_WORDS: Final = re.compile(r"(\d{8})([ -]{1,2})(\d\d:\d\d:\d\d)")
_EPOCH: Final = re.compile(r"\d{9,10}\Z")
_LAST_TIMESTAMP: Final = (45, 88)
_RT_VOLUME: Final = (48, 77)


def move(message: Any, seconds: int) -> None:
    """Move the instants of an answer in place."""
    if isinstance(message, session.CurrentTime):
        message.currentTime += seconds
    elif isinstance(message, session.CurrentTimeInMillis):
        message.currentTimeInMillis += seconds * 1000
    elif isinstance(message, session.ErrorMessage):
        message.errorTime += seconds * 1000 if message.errorTime else 0
    elif isinstance(message, told.ExecutionDetails):
        message.execution.time = move_text(message.execution.time, seconds)
    elif isinstance(message, told.OpenOrder | told.CompletedOrder):
        message.orderState.completedTime = move_text(message.orderState.completedTime, seconds)
    elif isinstance(message, ticks.RealTimeBarTick):
        message.time += seconds
    elif isinstance(message, ticks.TickByTickData):
        for tick in (
            message.historicalTickLast, message.historicalTickBidAsk, message.historicalTickMidPoint
        ):  # fmt: skip
            if tick is not None:
                tick.time += seconds
    elif isinstance(message, history.HistoricalDataUpdate):
        message.historicalDataBar.date = move_text(message.historicalDataBar.date, seconds)
    elif isinstance(message, news.TickNews):
        message.timestamp += seconds * 1000
    elif isinstance(message, market.TickString):
        message.value = _tick(message.tickType, message.value, seconds)


def move_text(text: str, seconds: int) -> str:
    """Move a time in words or in seconds since the epoch; other texts stay."""
    if _EPOCH.match(text):
        return str(int(text) + seconds)
    found = _WORDS.match(text)
    if found is None:
        return text
    try:
        then = datetime.strptime(f"{found[1]} {found[3]}", "%Y%m%d %H:%M:%S")
        now = then + timedelta(seconds=seconds)
    except (ValueError, OverflowError):
        return text
    return f"{now:%Y%m%d}{found[2]}{now:%H:%M:%S}{text[found.end() :]}"


def _tick(kind: int, value: str, seconds: int) -> str:
    if kind in _LAST_TIMESTAMP:
        return move_text(value, seconds)
    parts = value.split(";")
    if kind in _RT_VOLUME and len(parts) > 2 and parts[2].isdigit():
        parts[2] = str(int(parts[2]) + seconds * 1000)
        return ";".join(parts)
    return value
