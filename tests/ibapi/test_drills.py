"""The official client's twin against drills that tell it odd things: nothing raises or is lost."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ibapi.apps import PATIENCE, App, running, wait_until
from lanes import HANGS_S
from papertape.ibapi.contract import Contract
from papertape.ibapi.sync_wrapper import TWSSyncWrapper
from papertape.testing import RunningStation

pytestmark = pytest.mark.network


def apple() -> Contract:
    made = Contract()
    made.symbol, made.secType, made.exchange, made.currency = "AAPL", "STK", "SMART", "USD"
    return made


@contextmanager
def connected(tws: RunningStation) -> Iterator[App]:
    app = App()
    app.connect("127.0.0.1", tws.port, 7)
    loop = running(app)
    wait_until(lambda: app.of("nextValidId"))
    yield app
    app.disconnect()
    loop.join(PATIENCE)


@pytest.mark.parametrize("highest", [100, 152, 176, 226])
def test_local_names_in_a_code_page(tws_factory: object, highest: int) -> None:
    tws = tws_factory(max_server_version=highest)  # type: ignore[operator]
    tws.drill("zone-name", name="中国标准时间")
    tws.drill("code-page", codec="gbk")
    with connected(tws) as app:
        told = app.twsConnectionTime()
        assert told is not None and told[:8].isdigit()
        app.reqContractDetails(1, apple())
        wait_until(lambda: app.of("contractDetailsEnd"))
        ((_, found),) = app.of("contractDetails")
        assert found.longName.endswith("-APPLE INC")


def test_details_that_are_told_again_after_1102(tws: RunningStation) -> None:
    tws.drill("repeated-details")
    with connected(tws) as app:
        app.reqContractDetails(1, apple())
        wait_until(lambda: app.of("contractDetailsEnd"))
        tws.drill("link-restored")
        wait_until(lambda: (-1, 1102) in app.errors())
        assert [number for number, _ in app.of("contractDetails")] == [1, 1]
        app.reqCurrentTime()
        wait_until(lambda: app.of("currentTime"))


def test_the_wrapper_that_waits_is_not_given_the_details_of_before(tws: RunningStation) -> None:
    tws.drill("repeated-details", end=True)
    app = TWSSyncWrapper(timeout=HANGS_S)
    assert app.connect_and_start("127.0.0.1", tws.port, 1)
    try:
        assert len(app.get_contract_details(apple())) == 1
        tws.drill("link-restored")
        assert len(app.get_contract_details(apple())) == 1
    finally:
        app.disconnect_and_stop()
