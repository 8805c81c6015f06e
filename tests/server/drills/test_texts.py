"""The zone's name in the greeting, texts in a code page."""

import pytest

from papertape.errors import SettingsError
from papertape.model import Contract
from papertape.server.settings import StationSettings
from papertape.versions import MAX_SERVER
from papertape.wire.catalogue import contract, orders, reports
from papertape.wire.catalogue.reports import OpenOrder
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from papertape.wire.connection import Negotiated
from server.pair import Client, Hall
from server.test_station import order
from walks import walk

AAPL = Contract(symbol="AAPL", secType="STK", exchange="SMART", currency="USD")
NAMES = [
    "British Summer Time", "Central European Standard Time", "Mitteleuropäische Zeit",
    "中国标准时间",
]  # fmt: skip
TIME = "20260413 10:00:00 "


def answer(hall: Hall) -> bytes:
    """The version answer that a new client gets."""
    client = hall.newcomer(176)
    client.raw(client.connection.initiate())
    return client.pipe.data[4:]


@walk("name", NAMES)
def test_the_greeting_names_the_zone_while_the_drill_runs(name: str) -> None:
    hall = Hall()
    hall.station.drills.start("zone-name", name=name)
    assert answer(hall) == f"176\0{TIME}{name}\0".encode()
    hall.station.drills.stop_all()
    assert answer(hall) == f"176\0{TIME}EST\0".encode()


@walk("name", NAMES)
def test_the_greeting_names_the_zone_as_the_setting_says(name: str) -> None:
    hall = Hall(settings=StationSettings(time_zone_name=name))
    assert answer(hall) == f"176\0{TIME}{name}\0".encode()
    hall.station.drills.begin("zone-name 'GMT Standard Time'")
    assert answer(hall) == f"176\0{TIME}GMT Standard Time\0".encode()


@walk("version", [100, 176, 200, MAX_SERVER])
def test_a_client_goes_on_after_any_name(version: int) -> None:
    hall = Hall()
    hall.station.drills.begin("zone-name 中国标准时间")
    client = hall.newcomer(version)
    client.raw(client.connection.initiate())
    assert client.got() == [Negotiated(version, f"{TIME}中国标准时间")]


def test_name_and_code_page_together_give_a_greeting_that_is_not_utf_8() -> None:
    hall = Hall()
    hall.station.drills.begin("code-page gbk")
    hall.station.drills.begin("zone-name 中国标准时间")
    assert answer(hall) == f"176\0{TIME}中国标准时间\0".encode("gbk")


def details(hall: Hall, version: int) -> bytes:
    """The bytes of the details of a contract."""
    client = hall.client(1, version)
    client.send(contract.ReqContractDetails(1, AAPL))
    return client.pipe.data


@pytest.mark.long
@walk("version", [100, 152])
@walk(
    ("codec", "name"),
    [("gbk", "公司"), ("cp1252", "Société"), ("cp1251", "Общество"), ("big5", "公司")],
)
def test_a_contract_has_a_name_in_the_code_page(version: int, codec: str, name: str) -> None:
    plain, hall = details(Hall(), version), Hall()
    hall.station.drills.begin(f"code-page {codec}")
    found = details(hall, version)
    assert b"\0APPLE INC\0" in plain
    assert f"\0{name}-APPLE INC\0".encode(codec) in found
    assert len(found) == len(plain) + len(f"{name}-".encode(codec))
    with pytest.raises(UnicodeDecodeError):
        found.decode()


@walk("version", [153, 176, 200, 204])
def test_where_tws_escapes_names_they_are_local_and_still_ascii(version: int) -> None:
    hall = Hall()
    hall.station.drills.begin("code-page gbk")
    found = details(hall, version)
    assert b"\0\\u516c\\u53f8-APPLE INC\0" in found


def test_a_message_in_protobuf_stays_utf_8() -> None:
    hall = Hall()
    hall.station.drills.begin("code-page gbk")
    client = hall.client()
    client.send(contract.ReqContractDetails(1, AAPL))
    (row,) = client.of(contract.ContractData)
    assert row.contractDetails.longName.startswith("公司-")


def test_what_a_program_wrote_comes_back_in_the_code_page() -> None:
    hall = Hall()
    hall.station.drills.begin("code-page cp1252 client=1")
    placed = order(1, "BUY 1 AAPL LMT 1")
    placed.order.orderRef = "Maerz"  # type: ignore[union-attr]
    one, other = hall.client(1, 176), hall.client(2, 176)
    for client in (one, other):
        raw = _order(client, placed)
        assert ("März".encode("cp1252") in raw) is (client is one)
        assert ("März".encode() in raw) is (client is other)


def _order(client: Client, placed: orders.PlaceOrder) -> bytes:
    """What an order brings whose reference is UTF-8: not every program keeps to ASCII."""
    client.raw(client.connection.send(placed).replace(b"Maerz", "März".encode()))
    data, client.pipe.data = client.pipe.data, b""
    client.connection.receive_data(data)
    return data


def test_other_drills_and_messages_are_as_ever() -> None:
    hall = Hall()
    client = hall.client(1, 200)
    run = hall.station.drills.start("code-page", client=9)
    assert client.send(ReqCurrentTime()).of(CurrentTime)
    assert client.session.writes is not None
    hall.station.drills.stop(run.number)
    assert client.session.writes is None
    assert not client.of(OpenOrder)


# ---------------------------------------------------------------- prices


@pytest.mark.long
@walk("version", [100, 176, 200, MAX_SERVER])
@walk("value", ["?", ""])
def test_prices_of_a_callback_are_no_numbers_in_text(version: int, value: str) -> None:
    hall = Hall()
    hall.quote("AAPL 257.66 x 257.68")
    hall.station.drills.start("unreadable-price", kind="execDetails", value=value)
    client = hall.client(1, version)
    client.send(order(1, "BUY 100 AAPL MKT"))
    data = client.pipe.data
    frames = []
    while data:
        size = 4 + int.from_bytes(data[:4])
        frames.append(data[4:size])
        data = data[size:]
    plain = [one for one in frames if b"257.68" in one]
    odd = [one for one in frames if b".01.01\0" in one and value.encode() + b"\0" in one]
    if version >= reports.ExecutionDetails.spec.protobuf:
        assert any(b".01.01" in one for one in frames)
        return
    fill = next(one for one in odd if b"BOT\x00" + b"100" in one)
    assert b"BOT\x00" + b"100\x00" + value.encode() + b"\0" in fill
    assert not any(b"BOT" in one for one in plain)
    assert any(b"Filled" in one for one in plain)  # orderStatus has its prices
    hall.station.drills.stop_all()
    client.pipe.data = b""
    client.send(order(2, "BUY 100 AAPL MKT"))
    assert [m.execution.price for m in client.of(reports.ExecutionDetails)] == [257.68]


def test_what_is_no_callback_or_not_printable_is_refused() -> None:
    hall = Hall()
    for options in ({"kind": "nothing"}, {"value": "\n"}, {"value": "?" * 21}):
        with pytest.raises(SettingsError):
            hall.station.drills.start("unreadable-price", **options)
