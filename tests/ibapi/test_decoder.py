"""``Decoder``, fed by a program with the pieces of messages, and the protobuf callbacks."""

from decimal import Decimal
from typing import Any

import pytest
from google.protobuf.message import DecodeError

from ibapi.apps import App
from papertape.ibapi import decoder, protobuf
from papertape.ibapi.decoder import Decoder, HandleInfo
from papertape.ibapi.eclient import EClient
from papertape.ibapi.message import IN
from papertape.ibapi.wrapper import EWrapper
from papertape.model import Contract, ContractDetails
from papertape.wire.catalogue.contract import BondContractData, ContractData
from papertape.wire.connection import encode
from walks import walk


@walk("version", [176, 200, 226])
def test_the_fields_of_a_text_message(version: int) -> None:
    app = App()
    made = Decoder(app, version)
    made.interpret((b"6", b"7", b"3", b"100"), IN.TICK_SIZE)
    made.processTickSizeMsg(iter((b"6", b"8", b"0", b"5")))  # type: ignore[attr-defined]
    assert app.of("tickSize") == [(7, 3, Decimal(100)), (8, 0, Decimal(5))]


def test_what_is_wrong_is_told_as_an_error() -> None:
    app = App()
    made = Decoder(app, 200)
    made.interpret((b"6", b"?", b"3", b"100"), IN.TICK_SIZE)
    made.interpret((b"1",), 999)
    made.processProtoBuf(b"", 999)
    assert app.errors() == [(-1, 508), (-1, 505), (-1, 505)]
    with pytest.raises(DecodeError):
        made.processProtoBuf(b"\xff\xff", IN.TICK_SIZE)


def test_fields_as_the_parameters_of_a_callback() -> None:
    app = App()
    made = Decoder(app, 200)
    info = HandleInfo(wrap=vars(EWrapper)["tickString"])
    made.interpretWithSignature((b"6", b"7", b"45", b"t"), info)
    made.interpretWithSignature((b"6", b"7"), info)
    assert app.of("tickString") == [(7, 45, "t")]
    with pytest.raises(ValueError, match="callback"):
        HandleInfo()


def test_the_tables_name_what_handles_a_message() -> None:
    Decoder(App(), 200).discoverParams()
    by_fields = Decoder.msgId2handleInfo[IN.TICK_STRING]
    assert by_fields.wrapperMeth.__name__ == "tickString"
    assert list(by_fields.wrapperParams or ()) == ["self", "reqId", "tickType", "value"]
    assert Decoder.msgId2handleInfo[IN.OPEN_ORDER].processMeth.__name__ == "processOpenOrder"
    assert decoder.IN is IN


class Program(App):
    """Takes the protobuf messages of contract details themselves."""

    def contractDataProtoBuf(self, contractDataProto: Any) -> None:
        self.calls.append(("stock", (contractDataProto.reqId,), ""))

    def bondContractDataProtoBuf(self, contractDataProto: Any) -> None:
        self.calls.append(("bond", (contractDataProto.reqId,), ""))


@pytest.mark.parametrize("version", [205, 226])
def test_details_of_a_stock_are_no_bonds(version: int) -> None:
    app = Program()
    made = Decoder(app, version)
    for message in (
        ContractData(7, Contract(), ContractDetails()),
        BondContractData(8, Contract(), ContractDetails()),
    ):
        made.processProtoBuf(encode(message, version)[8:], type(message).spec.id)
    assert app.names() == ["stock", "contractDetails", "bond", "bondContractDetails"]
    assert app.of("stock") == [(7,)] and app.of("bond") == [(8,)]


def test_what_a_server_is_too_old_for() -> None:
    client = EClient(EWrapper())
    order = protobuf.named("Order")
    attached = protobuf.named("AttachedOrders")
    client.serverVersion_ = 216
    assert client.validateOrderParameters(order()) is None
    assert client.validateOrderParameters(order(postOnly=True)) is None
    assert client.validateOrderParameters(order(whatIfType=0)) == "whatIfType"
    assert client.validateAttachedOrdersParameters(attached(slOrderId=1)) == "slOrderId"
    client.serverVersion_ = 218
    assert client.validateAttachedOrdersParameters(attached(slOrderId=1)) is None
