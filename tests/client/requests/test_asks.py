"""Every question ends: in an answer, a refusal, or a deadline (S24, S28)."""

from typing import Any

import pytest

from client.fake_server import Served
from papertape.client.conversations import Call, Collect
from papertape.client.requests import lists
from papertape.client.requests.asks import Ask
from papertape.client.settings import Backoff, ClientSettings
from papertape.errors import (
    ApiError,
    ConnectionLost,
    ContractNotFound,
    DeadlineExceeded,
    FeatureNotSupported,
    NotConnected,
)
from papertape.model import Contract, ContractDetails
from papertape.wire.catalogue import account, contract, session
from papertape.wire.catalogue.session import ErrorMessage
from walks import walk

SPY = Contract(symbol="SPY")


def details(served: Served, timeout: float = 9.0) -> Ask:
    """Ask for a contract."""

    def make(number: int) -> tuple[Collect, contract.ReqContractDetails]:
        collect = Collect("reqContractDetails", contract.ContractDataEnd, number)
        return collect, contract.ReqContractDetails(number, SPY)

    return served.core.ask("reqContractDetails", make, timeout)


def sent(served: Served) -> list[int]:
    """The ids under which the contract has been asked for."""
    return [m.reqId for m in served.all(contract.ReqContractDetails)]


def answer(served: Served, number: int, con_id: int = 5) -> None:
    row = contract.ContractData(number, Contract(conId=con_id), ContractDetails())
    served.send(row, contract.ContractDataEnd(number))


def test_an_answer_ends_it() -> None:
    served = Served().ready()
    ask = details(served)
    answer(served, *sent(served))
    assert ask.done and [row.contract.conId for row in ask.winner.result] == [5]
    served.pass_time(100)
    assert len(sent(served)) == 1


def test_s28_what_was_dropped_is_asked_again_under_a_new_id() -> None:
    served = Served().ready()
    ask = details(served, timeout=9.0)
    times = [served.now]
    for _ in range(2):
        count = len(sent(served))
        while len(sent(served)) == count:
            served.pass_time(0.5)
        times.append(served.now)
    assert times == [0.0, 3.0, 6.0]
    assert len(set(sent(served))) == 3
    answer(served, sent(served)[-1])
    assert ask.done and ask.error is None


def test_a_slow_answer_to_the_first_attempt_counts() -> None:
    served = Served().ready()
    ask = details(served)
    served.pass_time(7)
    first, second, third = sent(served)
    answer(served, first, con_id=1)
    answer(served, second, con_id=2)
    assert ask.winner.result[0].contract.conId == 1
    assert served.core.routes.find(third) is None


def test_the_deadline_ends_it_and_tells_what_was_heard_meanwhile() -> None:
    served = Served().ready()
    ask = details(served, timeout=9.0)
    served.pass_time(2)
    served.tell(1100, 2104)
    served.pass_time(7)
    assert isinstance(ask.error, DeadlineExceeded)
    assert str(ask.error) == "reqContractDetails: no answer within 9 s"
    (note,) = ask.error.__notes__
    assert "1100" in note
    assert served.core.next_due() is not None  # the heartbeat's
    answer(served, sent(served)[0])
    assert isinstance(ask.error, DeadlineExceeded), "too late"


def test_a_refusal_ends_it_at_once() -> None:
    served = Served().ready()
    ask = details(served)
    served.send(ErrorMessage(sent(served)[0], 0, 200, "No security definition has been found"))
    assert isinstance(ask.error, ContractNotFound)
    served.pass_time(100)
    assert len(sent(served)) == 1


TOO_MANY = "Error processing request.-'x' : cause - Max number of requests has been reached"


def test_an_error_that_passes_is_followed_by_another_attempt() -> None:
    served = Served().ready()
    ask = details(served, timeout=60.0)
    served.send(ErrorMessage(sent(served)[0], 0, 322, TOO_MANY))
    assert not ask.done
    served.pass_time(1.0)
    served.send(ErrorMessage(sent(served)[1], 0, 322, TOO_MANY))
    served.pass_time(1.9)
    assert len(sent(served)) == 2
    served.pass_time(0.2)
    served.send(ErrorMessage(sent(served)[2], 0, 322, "Error processing request.-'x' : cause - z"))
    assert isinstance(ask.error, ApiError) and ask.error.text.endswith("z")


def test_322_about_the_request_itself_ends_it_at_once() -> None:
    served = Served().ready()
    ask = details(served, timeout=60.0)
    text = "Error processing request.-'x' : cause - reqX is not served by this station yet."
    served.send(ErrorMessage(sent(served)[0], 0, 322, text))
    assert isinstance(ask.error, ApiError) and ask.error.text == text


@walk(
    ("text", "again"),
    [
        ("Historical data request pacing violation", True),
        ("HMDS server disconnect occurred.", True),
        ("Trading TWS session is connected from a different IP address", True),
        ("HMDS query returned no data: X", False),
    ],
)
def test_162_is_worth_another_attempt_when_its_text_tells_of_what_passes(
    text: str, again: bool
) -> None:
    served = Served().ready()
    ask = details(served, timeout=60.0)
    text = f"Historical Market Data Service error message:{text}"
    served.send(ErrorMessage(sent(served)[0], 0, 162, text))
    assert ask.done is not again


def test_nothing_is_repeated_when_nothing_shall_be() -> None:
    served = Served(settings=ClientSettings(retries=0)).ready()
    ask = details(served)
    served.pass_time(9.1)
    assert len(sent(served)) == 1 and isinstance(ask.error, DeadlineExceeded)


def test_a_warning_ends_nothing() -> None:
    served = Served().ready()
    ask = details(served)
    served.send(ErrorMessage(sent(served)[0], 0, 2174, "Warning: You submitted request with …"))
    assert not ask.done
    answer(served, sent(served)[0])
    assert [notice.code for notice in ask.winner.notices] == [2174]


def test_lists_without_an_id_are_asked_again_too() -> None:
    served = Served().ready()
    ask = served.core.ask("reqPositions", lists.positions(), 9.0, by_id=False)
    served.pass_time(4)
    assert len(served.all(account.ReqPositions)) == 2
    served.send(account.Position("DU1", SPY), account.PositionEnd())
    assert ask.done and len(ask.winner.result) == 1
    assert served.core.routes.asking("reqPositions") == []


def test_the_end_of_the_session_ends_it() -> None:
    served = Served().ready()
    ask = details(served)
    served.drop("gone")
    assert isinstance(ask.error, ConnectionLost) and "gone" in str(ask.error)


def test_a_question_survives_the_connection_when_it_is_made_again() -> None:
    served = Served(settings=ClientSettings(reconnect=Backoff(first_s=1.0, jitter=0.0))).ready()
    ask = details(served, timeout=60.0)
    served.drop()
    assert not ask.done
    served.pass_time(1.0)
    served.open()
    served.ready()
    answer(served, sent(served)[-1])
    assert ask.done and ask.error is None and len(sent(served)) == 2


def test_a_question_does_not_outlive_its_deadline_while_the_connection_is_away() -> None:
    served = Served(settings=ClientSettings(reconnect=Backoff(first_s=60.0, jitter=0.0))).ready()
    ask = details(served, timeout=9.0)
    served.drop()
    served.pass_time(9.1)
    assert isinstance(ask.error, DeadlineExceeded)


def test_what_cannot_be_sent_is_told_to_the_caller() -> None:
    served = Served(version=176).ready()
    make: Any = lambda _: (Call("reqCurrentTimeInMillis"), session.ReqCurrentTimeInMillis())  # noqa: E731
    with pytest.raises(FeatureNotSupported):
        served.core.ask("reqCurrentTimeInMillis", make, 9.0, by_id=False)
    served.drop()
    with pytest.raises(NotConnected):
        details(served)
    assert served.core.asks == []


def test_the_request_of_a_question_that_is_over_is_not_sent() -> None:
    served = Served(settings=ClientSettings(max_rate=1, retries=0)).ready()
    asked = [details(served, timeout=3.0) for _ in range(5)]
    served.pass_time(3.0)
    count = len(sent(served))
    assert all(ask.done for ask in asked) and count < 5
    served.pass_time(60)
    assert len(sent(served)) == count


def test_a_new_connection_is_asked_as_often_as_the_first() -> None:
    served = Served(settings=ClientSettings(reconnect=Backoff(first_s=1.0, jitter=0.0))).ready()
    details(served, timeout=90.0)
    served.pass_time(10)
    served.drop()
    for count in (2, 3, 4):
        served.pass_time(1.0)
        if count == 2:
            served.open()
            served.ready()
        assert len(sent(served)) == count
        served.pass_time(29.0)
