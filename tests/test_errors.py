"""Exceptions carry facts, say them in one sentence, and survive pickle and copy."""

import copy
import inspect
import pickle
import re
from collections.abc import Callable
from pathlib import Path

from papertape import codes, errors
from papertape.errors import (
    AmbiguousContract,
    ApiError,
    BadFrame,
    ClientIdInUse,
    ConnectionFailed,
    ConnectionLost,
    ContractNotFound,
    DeadlineExceeded,
    FeatureNotSupported,
    FeatureWithdrawn,
    FrameTooLong,
    JournalError,
    LimitExceeded,
    LocalProtocolError,
    MarketDataError,
    NotConnected,
    NotReady,
    OrderRejected,
    PapertapeError,
    RecordingError,
    RemoteProtocolError,
    RequestRefused,
    ServerOutdated,
    SettingsError,
    WorldError,
    api_error,
)
from walks import walk

SAID = [
    (PapertapeError("plain"), "plain"),
    (LocalProtocolError("not yet ready"), "not yet ready"),
    (
        LocalProtocolError("only printable ASCII", message="PlaceOrder", field="symbol"),
        "only printable ASCII (message='PlaceOrder', field='symbol')",
    ),
    (
        FeatureNotSupported("duration", server_version=157, needed_version=158, field="duration"),
        "duration needs server version 158, the server has 157 (field='duration')",
    ),
    (
        FeatureWithdrawn("FA profile", server_version=177, last_version=176, field="faDataType"),
        "FA profile ended with server version 176, the server has 177 (field='faDataType')",
    ),
    (RemoteProtocolError(), "cannot be decoded"),
    (
        RemoteProtocolError(message="OpenOrder", field="lmtPrice", offset=7, found=b"abc"),
        "OpenOrder.lmtPrice: cannot be decoded (offset=7, found=b'abc')",
    ),
    (
        RemoteProtocolError(message="OpenOrder", found="x" * 100, reason="no number"),
        f"OpenOrder: no number (found='{'x' * 80}'… (100 long))",
    ),
    (RemoteProtocolError(found=["x" * 200]), f"cannot be decoded (found=['{'x' * 78}…)"),
    (
        LimitExceeded(
            size=5000, most=4096, unit="characters", message="PlaceOrder", field="algoId"
        ),
        "PlaceOrder.algoId: 5000 characters, at most 4096 are taken",
    ),
    (BadFrame(found=b"GET /"), "is not a frame (found=b'GET /')"),
    (
        FrameTooLong(length=1 << 30, limit=16777215),
        "frame of 1073741824 bytes announced, at most 16777215 are allowed",
    ),
    (ApiError(10349, "Order TIF was set"), "code 10349: Order TIF was set"),
    (OrderRejected(201, "no", reqId=7), "id 7, code 201: no"),
    (
        ConnectionFailed(host="localhost", port=7497, cause="refused"),
        (
            "cannot connect to localhost:7497: refused. Is TWS, IB Gateway or a station running "
            "there, its API enabled, and is this the socket port of its settings?"
        ),
    ),
    (
        ClientIdInUse(clientId=3),
        "client id 3 is in use by another connection; choose another one",
    ),
    (
        ServerOutdated(version=0, needed=100),
        (
            "the server has version 0, at least 100 is needed: "
            "update TWS or IB Gateway, or look at what answers there"
        ),
    ),
    (NotConnected(), "not connected"),
    (NotConnected("reqPositions"), "not connected: reqPositions was not sent"),
    (NotReady("no account yet"), "the session is not ready: no account yet"),
    (
        NotReady("1100", request="placeOrder"),
        "the session is not ready: 1100; placeOrder was not sent",
    ),
    (ConnectionLost("EOF"), "connection lost: EOF"),
    (
        ConnectionLost("EOF", request="placeOrder 7"),
        "connection lost: EOF; placeOrder 7: its outcome is unknown",
    ),
    (
        ConnectionLost("EOF", request="placeOrder 7", sent=False),
        "connection lost: EOF; placeOrder 7: it was not sent",
    ),
    (DeadlineExceeded("reqCurrentTime", 2.5), "reqCurrentTime: no answer within 2.5 s"),
    (
        SettingsError("is no port", setting="port", found=99999, path="papertape.toml"),
        "is no port (path='papertape.toml', setting='port', found=99999)",
    ),
    (
        RecordingError("is no recording", path="a.recording", advice="Record one"),
        "is no recording (path='a.recording'). Record one",
    ),
    (
        WorldError("is no verb", line=3, column=7, found="quot", legal="quote"),
        "line 3, column 7: 'quot' is no verb. Legal: quote",
    ),
    (
        MarketDataError("no bars", symbol="SPY", advice="Choose another day"),
        "no bars (symbol='SPY'). Choose another day",
    ),
    (
        JournalError("is in use", path=Path("/j" * 60), pid=12, advice="Stop it"),
        f"is in use (path='{'/j' * 60}', pid=12). Stop it",
    ),
]


@walk(("error", "said"), SAID, ids=lambda value: type(value).__name__)
def test_the_sentence_names_the_facts(error: PapertapeError, said: str) -> None:
    assert str(error) == said


@walk("again", [lambda e: pickle.loads(pickle.dumps(e)), copy.copy, copy.deepcopy])
@walk("error", [error for error, _ in SAID], ids=lambda e: type(e).__name__)
def test_pickle_and_copy(
    error: PapertapeError, again: Callable[[PapertapeError], PapertapeError]
) -> None:
    error.add_note("seen in a worker")
    twin = again(error)
    assert type(twin) is type(error)
    assert (str(twin), twin.args, vars(twin)) == (str(error), error.args, vars(error))


def test_every_public_class_is_tried_here() -> None:
    tried = {base for error, _ in SAID for base in type(error).__mro__}
    made = {type(api_error(200, text)) for text in ("not found", "ambiguous")}
    public = {getattr(errors, name) for name in errors.__all__ if name != "api_error"}
    assert public <= tried | made | {RequestRefused}


def test_the_drawing_is_the_tree() -> None:
    drawing = (errors.__doc__ or "").partition("::")[2]
    stack: list[tuple[int, str]] = []
    for indent, name in re.findall(r"^([ │├└─]*)(\w+)", drawing.partition("\n\nEx")[0], re.M):
        del stack[sum(depth < len(indent) for depth, _ in stack) :]
        if stack:
            assert issubclass(getattr(errors, name), getattr(errors, stack[-1][1])), name
        stack.append((len(indent), name))
        assert name in errors.__all__
    drawn = set(re.findall(r"[├└]── (\w+)", drawing)) | {"PapertapeError"}
    assert drawn == set(errors.__all__) - {"api_error"}


@walk(
    ("code", "text", "expected"),
    [
        (200, "No security definition has been found for the request", ContractNotFound),
        (200, "The contract description specified for X is ambiguous", AmbiguousContract),
        (201, "Order rejected - reason:x", OrderRejected),
        (110, "The price does not conform", OrderRejected),
        (354, "not subscribed", RequestRefused),
        (77777, "nobody knows", RequestRefused),
    ],
)
def test_the_code_chooses_the_class(code: int, text: str, expected: type[ApiError]) -> None:
    error = api_error(code, text, reqId=4, advancedOrderRejectJson="{}")
    assert type(error) is expected
    assert (error.code, error.text, error.reqId) == (code, text, 4)
    assert error.advancedOrderRejectJson == "{}"


def test_severity_comes_from_the_table_that_is_given() -> None:
    table = codes.default_table().with_overrides({354: {"severity": "warning", "retry": True}})
    assert (api_error(354, "").severity, api_error(354, "").retry) == ("error", False)
    mine = api_error(354, "", table=table)
    assert (mine.severity, mine.retry) == ("warning", True)


def test_builtin_kin_so_that_common_handlers_catch_them() -> None:
    assert issubclass(DeadlineExceeded, TimeoutError)
    assert issubclass(ConnectionFailed, ConnectionError)
    assert issubclass(NotConnected, ConnectionError)


def test_client_side_codes() -> None:
    numbers = [FeatureNotSupported.code, ConnectionFailed.code, ClientIdInUse.code]
    assert [*numbers, NotConnected.code] == [503, 502, 326, 504]
    assert all(number in codes.default_table() for number in numbers)


HOSTILE = "\x1b[2J\u009b\u202e\r\nforged"


def built(kind: type[PapertapeError]) -> PapertapeError:
    """The exception with a hostile text wherever a text may be."""
    ours = [one for one in kind.__mro__ if one.__module__ == errors.__name__]
    if not any("__init__" in vars(one) for one in ours):
        return kind(HOSTILE)
    given: dict[str, object] = {}
    for name, parameter in inspect.signature(kind).parameters.items():
        told = str(parameter.annotation)
        if parameter.kind is parameter.VAR_KEYWORD:
            continue
        if parameter.kind is not parameter.VAR_POSITIONAL and ("str" in told or "object" in told):
            given[name] = HOSTILE
        elif parameter.default is parameter.empty:
            given[name] = () if "Sequence" in told or "tuple" in told else 1
    return kind(**given)


@walk("name", sorted(set(errors.__all__) - {"api_error"}))
def test_no_text_of_others_is_said_as_it_came(name: str) -> None:
    kind = getattr(errors, name)
    error = built(kind)
    assert str(error).isprintable() and not str(error).startswith("forged")
