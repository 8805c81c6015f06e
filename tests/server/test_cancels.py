"""A cancel of what never was: for every cancel there is, TWS's code or nothing; life goes on."""

from typing import Any

import pytest

from papertape.wire import catalogue
from papertape.wire.catalogue.session import CurrentTime, ReqCurrentTime
from server.pair import VERSIONS, Hall
from walks import walk

NEVER = 4711
CODES = {
    "CancelMktData": 300,
    "CancelRealTimeBars": 300,
    "CancelMktDepth": 310,
    "CancelScannerSubscription": 365,
    "CancelHistoricalData": 366,
    "CancelOrder": 10147,
    "CancelPnL": 10185,
    "CancelPnLSingle": 10186,
}
"""What each gets; nothing at all without an entry, as from TWS."""
CANCELS = {
    name: cls
    for cls in catalogue.REQUESTS.values()
    if (name := cls.__name__).startswith(("Cancel", "Unsubscribe"))
}


def test_every_code_is_that_of_a_cancel() -> None:
    assert CODES.keys() <= CANCELS.keys() and len(CANCELS) == 24


EACH = [
    (name, version)
    for name, cls in CANCELS.items()
    for version in VERSIONS
    if cls.spec.since <= version < cls.spec.until
]


@pytest.mark.long
@walk(("name", "version"), EACH, check=7)
def test_a_cancel_of_what_never_was(name: str, version: int) -> None:
    cls: Any = CANCELS[name]
    client = Hall().client(1, version)
    for _ in range(2):  # nor of what was cancelled in vain
        client.send(cls(NEVER) if cls.spec.id_field else cls())
        code = CODES.get(name)
        assert [error[:2] for error in client.errors()] == ([(NEVER, code)] if code else [])
    client.send(ReqCurrentTime())
    (answer,) = client.got()
    assert isinstance(answer, CurrentTime)
