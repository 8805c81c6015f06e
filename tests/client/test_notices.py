"""Notices are data (S21, S22), and the code table decides what an error ends."""

import logging

import pytest

from client.fake_server import NOTICES, Served
from papertape.client.conversations import Call
from papertape.client.report import NOTICES as KEPT
from papertape.client.settings import ClientSettings
from papertape.client.trades import Trade
from papertape.codes import default_table
from papertape.model import Contract, Order
from papertape.wire.catalogue.session import ErrorMessage, ReqManagedAccts


def test_s22_notices_with_id_minus_one_never_raise() -> None:
    """Whatever the code, known or not, unless it is the end of the connection by its nature."""
    served = Served().ready()
    call = Call("reqManagedAccts", served.core.request_id())
    served.core.begin(call, ReqManagedAccts())
    numbers = [c.number for c in default_table() if not (c.scope == "session" and c.terminal)]
    served.send(*(ErrorMessage(-1, 0, number, "text") for number in [*numbers, 99_999]))
    assert served.core.lost is None and not call.done and not call.notices
    notices = served.core.report.notices
    assert [notice.code for notice in notices] == [*numbers, 99_999]


def test_s21_farm_notices_are_logged_as_information(caplog: pytest.LogCaptureFixture) -> None:
    served = Served().ready()
    with caplog.at_level(logging.INFO, "papertape.client"):
        served.tell(2104, 2106, 1100)
    assert {record.levelno for record in caplog.records} == {logging.INFO}
    assert NOTICES[2104] in caplog.text


def test_the_latest_notices_are_kept() -> None:
    served = Served().ready()
    for _ in range(KEPT // 100 + 1):
        served.send(*(ErrorMessage(-1, 0, 2104, "OK:usfarm") for _ in range(100)))
    assert len(served.core.report.notices) == KEPT


def asked(served: Served) -> Call:
    call = Call("x", served.core.request_id())
    served.core.begin(call, ReqManagedAccts())
    return call


def test_a_program_may_know_a_code_better_than_the_table() -> None:
    overrides = {10349: {"severity": "error", "terminal": True}, 321: {"terminal": False}}
    served = Served(settings=ClientSettings(codes=overrides)).ready()
    first, second = asked(served), asked(served)
    served.send(ErrorMessage(first.request_id, 0, 10349, "preset"))
    served.send(ErrorMessage(second.request_id, 0, 321, "validating"))
    assert first.done and not second.done
    assert [notice.code for notice in second.notices] == [321]


def test_a_new_code_can_be_overridden_while_the_session_runs() -> None:
    served = Served().ready()
    trade = Trade(1, Contract(), Order())
    served.core.orders.follow(trade)
    served.core.codes = served.core.codes.with_overrides({77_777: {"terminal": False}})
    served.send(ErrorMessage(1, 0, 77_777, "a warning of tomorrow"))
    assert not trade.done and len(trade.errors) == 1
    served.send(ErrorMessage(1, 0, 77_778, "an error of tomorrow"))
    assert trade.done


def test_a_wrong_override_says_what_is_wrong() -> None:
    with pytest.raises(ValueError, match="override of code 200"):
        Served(settings=ClientSettings(codes={200: {"severity": "fatal"}}))


def test_s29_the_report_tells_what_has_not_come() -> None:
    served = Served(answers=False)
    assert served.core.report.missing == ("version", "managedAccounts", "nextValidId")
    served = Served()
    assert served.core.report.missing == ("managedAccounts", "nextValidId")
    served.pass_time(2)
    served.ready()
    assert served.core.report.missing == ()
    assert served.core.report.came == {"version": 0.0, "managedAccounts": 2.0, "nextValidId": 2.0}


@pytest.mark.parametrize("code", [1100, 2110])
def test_s29_orders_do_not_go_on_without_the_brokers_link(code: int) -> None:
    served = Served().ready()
    assert served.core.why_not_ready() == ""
    served.tell(code)
    assert "no link to the broker" in served.core.why_not_ready()
    served.tell(1102)
    assert served.core.why_not_ready() == ""


def test_s12_before_next_valid_id_nothing_is_ready() -> None:
    served = Served()
    assert served.core.why_not_ready() == "the server has not sent managedAccounts, nextValidId"
