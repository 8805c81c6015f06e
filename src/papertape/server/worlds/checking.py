"""What can be known to be wrong with a step before a world is played: requests and fields that
there are not, models and plans of accounts, prices that an instrument cannot have."""

from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Any

import msgspec

from ...errors import WorldError
from ...venue.broker.schedules import FEE_PLANS, MARGIN_MODELS
from ...venue.reference.instruments import Instruments
from ...venue.units import Nanos
from ...wire.catalogue import REQUESTS
from ...wire.message import Message
from ...worlds import steps
from ...worlds.words import nearest
from .amounts import price_of
from .companies import CompanyStep
from .names import Names


@cache
def _requests() -> dict[str, type[Message]]:
    return {
        name: kind
        for kind in REQUESTS.values()
        for name in (kind.spec.callback, kind.spec.name)
        if name
    }


def request_named(name: str) -> type[Message]:
    """The request of an official name: ``placeOrder``, ``PlaceOrder``. Raises ``WorldError``."""
    known = _requests()
    found = known.get(name) or next(
        (k for n, k in known.items() if n.lower() == name.lower()), None
    )
    if found is None:
        near = nearest(name, [n for n in known if n[:1].islower()])
        raise WorldError(
            "is the name of no request", found=name, near=near,
            legal="an official name, as docs/reference/requests.md lists them",
        )  # fmt: skip
    return found


def check_request(name: str, fields: Iterator[str] | tuple[str, ...] | list[str] = ()) -> None:
    """Check that there is a request, and that it has fields: ``contract.symbol``. Raises
    ``WorldError``."""
    kind = request_named(name)
    for path in fields:
        value: Any = kind()
        for part in path.split("."):
            known = value.__struct_fields__ if isinstance(value, msgspec.Struct) else ()
            if part not in known:
                raise WorldError(
                    f"is no field of {kind.spec.callback or kind.spec.name}", found=path,
                    near=nearest(part, known), legal=", ".join(known) or "no field behind a field",
                )  # fmt: skip
            value = getattr(value, part)


def problems_of(
    step: steps.WorldStep, names: Names, instruments: Instruments, now: Nanos
) -> Iterator[WorldError]:
    """What is wrong with a step by itself; of names that there are not, the first."""
    try:
        for name in (getattr(step, "symbol", ""), getattr(step, "into", "")):
            if name:
                names.instrument(name, instruments, now)
        _check(step, names, instruments, now)
    except WorldError as error:
        yield error


def _check(step: steps.WorldStep, names: Names, instruments: Instruments, now: Nanos) -> None:
    match step:
        case steps.ExpectStep() if step.request:
            check_request(step.request, [name for name, _ in step.fields])
        case steps.AccountStep():
            _one_of("margin model", step.margin, MARGIN_MODELS)
            _one_of("fee plan", step.plan, FEE_PLANS)
        case steps.HoldingStep():
            entry = names.instrument(step.symbol, instruments, now)
            if entry.daily or entry.secType == "CASH":
                raise WorldError("comes by trades only", found=step.symbol)
        case _ if isinstance(step, CompanyStep):
            for name in (step.symbol, getattr(step, "into", "")):
                if name and names.instrument(name, instruments, now).secType != "STK":
                    raise WorldError("is no share", found=name)
        case (
            steps.QuoteStep()
            | steps.PrintStep()
            | steps.AuctionStep()
            | steps.RampStep()
            | steps.DepthStep()
        ):
            entry = names.instrument(step.symbol, instruments, now)
            for price in _prices(step):
                try:
                    price_of(entry, price)
                except WorldError as error:
                    raise WorldError(error.reason.partition(" ")[2], found=f"{price}") from error


def _prices(step: Any) -> list[Decimal]:
    book = [level.price for name in ("bids", "asks") for level in getattr(step, name, ())]
    single = [getattr(step, name, None) for name in ("bid", "ask", "price", "to")]
    return [*book, *(price for price in single if price is not None)]


def _one_of(what: str, name: str, known: Any) -> None:
    if name and name not in known:
        raise WorldError(
            f"is no {what}", found=name, near=nearest(name, known), legal=", ".join(known)
        )
