"""The catalogue says what the protocol's description says: ids, names, gates, order, refusals.

``facts/*.json`` is a compact copy of that description (made by ``scripts/build_facts.py``, which
also explains its rows). Where a name differs here, ``ALIASES`` says so, and nothing else may.
"""

import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from papertape.model import TagValue
from papertape.wire import catalogue
from papertape.wire.layout import (
    ALWAYS,
    Const,
    Each,
    Field,
    Gate,
    Optional,
    Part,
    Step,
    Switch,
    Variant,
    When,
)
from papertape.wire.message import Message
from papertape.wire.schema import proto_fields
from walks import walk

FOLDER = Path(__file__).parent / "facts"
Facts = dict[str, Any]
Row = tuple[Any, int, int]


def load(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text())


REQUESTS: list[Facts] = load("requests")
RESPONSES: list[Facts] = load("responses")
PROTOBUF: dict[str, list[list[Any]]] = load("protobuf")

# Names of the description -> names here: mostly those of the protobuf schema.
ALIASES: dict[str, dict[str, str]] = {
    "": {
        "bAutoBind": "autoBind", "condType": "type", "conid": "conId",
        "conjunction": "isConjunctionConnection", "durationStr": "duration", "faData": "faDataType",
        "groupName": "group", "cxml": "xml", "requestId": "reqId", "tickerId": "reqId",
        "useRth": "useRTH", "allMsgs": "allMessages", "pos": "position", "done": "isDone",
        "open_": "open", "id_": "id", "timeInMillis": "currentTimeInMillis",
        "optCapab": "optionalCapabilities",
    },
    "ERR_MSG": {"reqId": "id", "errorString": "errorMsg"},
    "ACCT_VALUE": {"val": "value"},
    "CURRENT_TIME": {"time": "currentTime"},
    "NEWS_BULLETINS": {
        "msgId": "newsMsgId", "msgType": "newsMsgType", "originExch": "originatingExch",
    },
    "TICK_NEWS": {"timeStamp": "timestamp"},
    "CONTRACT_DATA": {"lastTradeDateTimeZone": "lastTradeDateOrContractMonth"},
    "BOND_CONTRACT_DATA": {"maturityTimeZone": "lastTradeDateOrContractMonth"},
    "HISTORICAL_DATA": {"#bars": "#historicalDataBars"},
    "HISTOGRAM_DATA": {"#items": "#histogramDataEntries"},
    "SCANNER_DATA": {"#rows": "#scannerDataElement"},
    "SOFT_DOLLAR_TIERS": {"#tiers": "#softDollarTiers"},
    "SMART_COMPONENTS": {"#smartComponentMap": "#smartComponents"},
    "HISTORICAL_SCHEDULE": {"#sessions": "#historicalSessions"},
    "HISTORICAL_TICKS": {"#ticks": "#historicalTicks"},
    "HISTORICAL_TICKS_BID_ASK": {"#ticks": "#historicalTicksBidAsk", "mask": "tickAttribBidAsk"},
    "HISTORICAL_TICKS_LAST": {"#ticks": "#historicalTicksLast", "mask": "tickAttribLast"},
    "TICK_BY_TICK": {
        "bidPrice": "priceBid", "askPrice": "priceAsk", "bidSize": "sizeBid", "askSize": "sizeAsk",
        "midPoint": "price", "mask": "tickAttribLast",
    },
}  # fmt: skip
# One field of the description that is two here.
ALSO = {"TICK_BY_TICK": {"tickAttribBidAsk"}}
# The callback is chosen by a field of the message.
CHOSEN = {"TICK_BY_TICK"}


def alias(message: str, name: str) -> str:
    own = ALIASES.get(message, {})
    return own.get(name, ALIASES[""].get(name, name))


def expected(facts: Facts) -> list[Row]:
    """The rows of the description, with the names used here."""
    rows = []
    for name, since, until in facts["fields"]:
        if isinstance(name, list):
            found = {alias(facts["name"], each) for each in name} | ALSO.get(facts["name"], set())
            name = tuple(sorted(found))
        else:
            name = alias(facts["name"], name)
        rows.append((name, since, until))
    return rows


# ---------------------------------------------------------------- the catalogue as rows


def rows(cls: type[Message]) -> list[Row]:
    """The fields of the layout in order; gates stand beside each, neighbours are joined."""
    return list(flat(cls.spec.layout or (), 0, 0))


def flat(steps: tuple[Step, ...], since: int, until: int) -> Iterator[Row]:
    for step in steps:
        if isinstance(step, Gate):
            first = max(since, step.since)
            end = min(until or ALWAYS, step.until)
            yield from flat(step.steps, first, 0 if end == ALWAYS else end)
        elif isinstance(step, Field):
            yield step.path.rpartition(".")[2], since, until
        elif isinstance(step, Const):
            yield step.name, since, until
        elif isinstance(step, Variant):
            if step.steps:
                yield step.name, since, until
        elif isinstance(step, Switch):
            yield from cases(step, since, until)
        elif isinstance(step, Each):
            yield f"#{step.path.rpartition('.')[2]}", since, until
            if step.record is not None:
                yield from flat(step.steps, since, until)
        elif isinstance(step, Optional):
            yield f"?{step.path.rpartition('.')[2]}", since, until
            yield from flat(step.steps, since, until)
        else:
            assert isinstance(step, When | Part), step
            yield from flat(step.steps, since, until)


def cases(step: Switch, since: int, until: int) -> Iterator[Row]:
    """What all cases begin with, then the names of all of them together."""
    ways = [[name for name, _, _ in flat(inner, 0, 0)] for _, inner in step.cases]
    common = [name for name in ways[0] if all(way[:1] == [name] for way in ways)]
    yield from ((name, since, until) for name in common)
    yield tuple(sorted(set().union(*ways) - set(common))), since, until


# ---------------------------------------------------------------- messages


def named(facts: Facts) -> str:
    return str(facts["name"])


def test_every_message_is_there_and_no_other() -> None:
    assert sorted(catalogue.REQUESTS) == sorted(facts["id"] for facts in REQUESTS)
    assert sorted(catalogue.RESPONSES) == sorted(facts["id"] for facts in RESPONSES)
    assert (len(REQUESTS), len(RESPONSES)) == (85, 86)


@walk("facts", REQUESTS, ids=named)
def test_request(facts: Facts) -> None:
    cls = catalogue.REQUESTS[facts["id"]]
    assert cls.spec.request
    assert cls.spec.callback == facts["name"]
    assert cls.spec.since == (facts["since"] if facts["since"] > 100 else 0)
    compare(cls, facts)


@walk("facts", RESPONSES, ids=named)
def test_response(facts: Facts) -> None:
    cls = catalogue.RESPONSES[facts["id"]]
    assert not cls.spec.request
    assert cls.spec.callback in facts["callbacks"] or facts["name"] in CHOSEN
    assert cls.spec.since == facts["since"]
    assert cls.spec.escaped == (153 if facts["escaped"] else ALWAYS)
    compare(cls, facts)


def compare(cls: type[Message], facts: Facts) -> None:
    spec = cls.spec
    assert spec.id == facts["id"]
    assert spec.protobuf == (facts["protobuf"] or ALWAYS)
    if facts["protobuf"]:
        assert spec.proto_name == facts["message"]
    assert (spec.layout is not None) == facts["text"]
    assert merged(rows(cls), spec.since) == merged(expected(facts), spec.since)


def merged(found: list[Row], lowest: int) -> list[Row]:
    """A constant whose value changes with the version is one field; earlier gates say nothing."""
    out: list[Row] = []
    for name, since, until in found:
        since = since if since > lowest else 0
        if out and out[-1][0] == name and out[-1][2] == since != 0:
            since = out.pop()[1]
        out.append((name, since, until))
    return out


# ---------------------------------------------------------------- refusals


@walk("facts", REQUESTS, ids=named)
def test_refusals(facts: Facts) -> None:
    """Versions, in their order, and which are reported without the request's id."""
    spec = catalogue.REQUESTS[facts["id"]].spec
    found = [(r.below, r.gone if r.gone < ALWAYS else 0, r.anonymous) for r in spec.refusals]
    whole = [row for row in facts["refusals"] if row[3]]
    single = [
        (below, gone, anonymous) for below, gone, anonymous, all_ in facts["refusals"] if not all_
    ]
    if not spec.id_field:  # there is no id to report
        found = [(below, gone, True) for below, gone, _ in found]
    assert [key for key, _ in groupby(found)] == [key for key, _ in groupby(single)]
    if whole:
        assert spec.since == max(row[0] for row in whole)
        assert spec.blames_id == (not whole[0][2])


# ---------------------------------------------------------------- protobuf

WITH_PROTO = [
    cls
    for table in (catalogue.REQUESTS, catalogue.RESPONSES)
    for cls in table.values()
    if cls.spec.protobuf < ALWAYS
]


def check_schema(record: Any, name: str, seen: dict[Any, str]) -> None:
    """The record's protobuf fields are those of the schema, and so are those inside."""
    if record in seen:
        assert seen[record] == name
        return
    seen[record] = name
    facts = {number: (field, kind, repeated) for number, field, kind, repeated in PROTOBUF[name]}
    ours = {field.number: field for field in proto_fields(record)}
    assert sorted(ours) == sorted(facts) == list(range(1, len(facts) + 1))
    for number, (field, kind, repeated) in facts.items():
        own = ours[number]
        assert own.proto_name == field, (name, number)
        if kind.startswith("map"):
            assert own.kind == "map"
            assert own.python == list[TagValue]
            continue
        assert own.repeated == repeated, (name, field)
        if own.kind == "message":
            check_schema(own.record, kind, seen)
        else:
            assert own.kind == kind, (name, field)


@walk("cls", WITH_PROTO, ids=lambda cls: cls.__name__)
def test_protobuf_schema(cls: type[Message]) -> None:
    check_schema(cls, cls.spec.proto_name, {})


def test_every_protobuf_message_is_used() -> None:
    seen: dict[Any, str] = {}
    for cls in WITH_PROTO:
        check_schema(cls, cls.spec.proto_name, seen)
    assert set(seen.values()) == set(PROTOBUF)
    assert len(PROTOBUF) == 200
