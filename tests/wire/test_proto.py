"""The generated protobuf codec, against what must arrive and against the interpreter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertape.wire import oracle, proto
from papertape.wire.message import Message
from wire.messages import PROTO, instances, name_of, proto_versions, samples
from wire.views import differences, proto_view


def round_trip(message: Message, version: int) -> None:
    """Write and read with both twins: same content, same message, and nothing lost on the way."""
    cls = type(message)
    parse = proto.message_class(cls).FromString
    written = proto.encoder(cls, version)(message)
    twin = oracle.write_proto(message, version)
    assert parse(twin) == parse(written)
    assert len(twin) == len(written)
    expected = proto_view(message, version)
    assert differences(proto.decoder(cls)(written), expected) == []
    assert differences(oracle.read_proto(cls, written)[0], expected) == []


@pytest.mark.parametrize("cls", PROTO, ids=name_of)
def test_round_trip_at_every_gate_and_beside_it(cls: type[Message]) -> None:
    for version in proto_versions(cls):
        for message in samples(cls):
            round_trip(message, version)


@pytest.mark.parametrize("cls", PROTO, ids=name_of)
def test_round_trip_of_anything(cls: type[Message]) -> None:
    @settings(max_examples=8, deadline=None, database=None, derandomize=True)
    @given(instances(cls), st.sampled_from(proto_versions(cls)))
    def any_message(message: Message, version: int) -> None:
        round_trip(message, version)

    any_message()
