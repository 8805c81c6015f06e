"""The generated text codec, against what must arrive and against the interpreter."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papertape.wire import oracle, text
from papertape.wire.message import Message
from papertape.wire.plan import plan
from wire.messages import TEXT, for_text, instances, name_of, samples, text_versions
from wire.views import differences, text_view


def round_trip(message: Message, version: int) -> None:
    """Write and read with both twins: same bytes, same message, and nothing lost on the way."""
    cls = type(message)
    message = for_text(message)
    written = text.encoder(cls, version)(message)
    assert written == oracle.write_text(message, version)
    tokens = written.split("\0")
    expected = text_view(message, version)
    assert differences(text.decoder(cls, version)(list(tokens)), expected) == []
    read, seen = oracle.read_text(cls, version, tokens)
    assert differences(read, expected) == []
    assert [token.text for token in seen] == tokens[:-1]


@pytest.mark.parametrize("cls", TEXT, ids=name_of)
def test_round_trip_at_every_gate_and_beside_it(cls: type[Message]) -> None:
    plans = set()
    for version in text_versions(cls):
        known = plan(cls, version) in plans  # then one sample will do
        for message in samples(cls)[2:3] if known else samples(cls):
            round_trip(message, version)
        plans.add(plan(cls, version))


@pytest.mark.parametrize("cls", TEXT, ids=name_of)
def test_round_trip_of_anything(cls: type[Message]) -> None:
    @settings(max_examples=12, deadline=None, database=None, derandomize=True)
    @given(instances(cls), st.sampled_from(text_versions(cls)))
    def any_message(message: Message, version: int) -> None:
        round_trip(message, version)

    any_message()
