"""Fields, frames and tokens by hand, and what IB's own sample programs import beside the client."""

import logging
from decimal import Decimal
from typing import Any

import pytest

from papertape.ibapi import comm
from papertape.ibapi.const import UNSET_DECIMAL, UNSET_DOUBLE, UNSET_INTEGER
from papertape.ibapi.contract import Contract
from papertape.ibapi.order_condition import Create
from papertape.ibapi.utils import (
    BadMessage,
    ClientException,
    ExerciseStaticMethods,
    decode,
    setattr_log,
)
from walks import walk


@walk(
    ("value", "field", "or_empty"),
    [
        (7, "7\0", "7\0"),
        (True, "1\0", "1\0"),
        (Decimal("1.50"), "1.50\0", "1.50\0"),
        (UNSET_INTEGER, "2147483647\0", "\0"),
        (UNSET_DOUBLE, "1.7976931348623157e+308\0", "\0"),
        (float("inf"), "inf\0", "Infinity\0"),
        ("SPY", "SPY\0", "SPY\0"),
        ("", "\0", "\0"),
    ],
)
def test_a_field(value: Any, field: str, or_empty: str) -> None:
    assert comm.make_field(value) == field
    assert comm.make_field_handle_empty(value) == or_empty


def test_what_is_no_field() -> None:
    with pytest.raises(ValueError, match="None"):
        comm.make_field(None)
    with pytest.raises(ClientException) as info:
        comm.make_field_handle_empty("\u00e9")
    assert (info.value.code, info.value.text) == (579, "\u00e9")


def test_frames() -> None:
    assert comm.make_msg(1, False, "a\0") == b"\0\0\0\x041\0a\0"
    assert comm.make_msg(1, True, "a\0") == b"\0\0\0\x06\0\0\0\x01a\0"
    assert comm.make_msg_proto(201, b"abc") == b"\0\0\0\x07\0\0\0\xc9abc"
    assert comm.make_initial_msg("v100..226") == b"\0\0\0\x09v100..226"
    assert comm.read_msg(b"\0\0\0\x03abcd") == (3, b"abc", b"d")
    assert comm.read_msg(b"\0\0\0\x05abc") == (5, "", b"\0\0\0\x05abc")
    assert comm.read_msg(b"\0\0") == (0, "", b"\0\0")
    assert comm.read_fields(b"a\0b\0c") == (b"a", b"b")


@walk(
    ("kind", "token", "shown", "value"),
    [
        (int, b"", False, 0),
        (int, b"", True, UNSET_INTEGER),
        (float, b"", True, UNSET_DOUBLE),
        (float, b"Infinity", False, float("inf")),
        (bool, b"2", False, True),
        (str, b"\xff", False, "\\xff"),
        (Decimal, b"", False, UNSET_DECIMAL),
        (Decimal, b"-9223372036854775808", False, UNSET_DECIMAL),
        (Decimal, b"0.5", False, Decimal("0.5")),
    ],
)
def test_a_token(kind: type[Any], token: bytes, shown: bool, value: Any) -> None:
    assert decode(kind, iter([token]), shown) == value


def test_a_message_that_has_ended() -> None:
    with pytest.raises(BadMessage):
        decode(int, iter([]))


@walk(
    "fields",
    [
        ["1", "a", "1", "99.5", "756733", "SMART", "2"],
        ["3", "o", "0", "20260101 10:00:00"],
        ["5", "a", "STK", "SMART", "SPY"],
        ["6", "a", "0", "1000", "7", "SMART"],
        ["7", "o", "1", "5.5", "7", "SMART"],
    ],
)
def test_a_condition_as_text(fields: list[str]) -> None:
    kind, *told = fields
    made = Create(int(kind))
    made.decode(iter([field.encode() for field in told]))
    assert made.make_fields() == [f"{field}\0" for field in told]


def test_attributes_are_logged(caplog: pytest.LogCaptureFixture) -> None:
    class Kept(Contract):
        __setattr__ = setattr_log

    with caplog.at_level(logging.DEBUG, "papertape.ibapi.utils"):
        made = Kept()
        made.symbol = "SPY"
    assert made.symbol == "SPY" and caplog.messages[-1].endswith(" symbol=|SPY|")


def test_functions_are_exercised(capsys: pytest.CaptureFixture[str]) -> None:
    class Samples:
        @staticmethod
        def order() -> str:
            return "made"

    ExerciseStaticMethods(Samples)
    assert "order" in (shown := capsys.readouterr().out) and "made\n" in shown


def test_what_the_official_sample_imports(capsys: pytest.CaptureFixture[str]) -> None:
    """The head of IB's Program.py, with the package's name changed."""
    scope: dict[str, Any] = {}
    exec(PROGRAM, scope)
    assert scope["app"].isConnected() is False


PROGRAM = """
import argparse, collections, datetime, inspect, logging, os.path, time
from papertape.ibapi import wrapper, utils
from papertape.ibapi.client import EClient
from papertape.ibapi.utils import longMaxString, iswrapper, floatMaxString, intMaxString
from papertape.ibapi.common import *
from papertape.ibapi.order_condition import *
from papertape.ibapi.contract import *
from papertape.ibapi.order import *
from papertape.ibapi.order_state import *
from papertape.ibapi.execution import Execution, ExecutionFilter
from papertape.ibapi.commission_and_fees_report import CommissionAndFeesReport
from papertape.ibapi.ticktype import *
from papertape.ibapi.tag_value import TagValue
from papertape.ibapi.account_summary_tags import *
from papertape.ibapi.protobuf.OrderStatus_pb2 import OrderStatus as OrderStatusProto
from papertape.ibapi.protobuf.ComboLeg_pb2 import ComboLeg as ComboLegProto
from papertape.ibapi.scanner import ScanData
from papertape.ibapi import comm, decoder
from papertape.ibapi.wrapper import EWrapper, OpenOrderProto

Contract.__setattr__, kept = utils.setattr_log, Contract.__setattr__
Contract().symbol = "SPY"
Contract.__setattr__ = kept

class Program(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, wrapper=self)

app = Program()
"""
