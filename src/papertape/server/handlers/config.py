"""The configuration of the API, read and changed by a program (server 219 and 221 on)."""

from collections.abc import Iterator
from typing import Any

import msgspec

from ...model import Record, UpdateConfigWarning
from ...venue.commands import ResetOrderIds
from ...wire.catalogue import config as wire
from ..config import Outcome
from ..config_table import NAMES
from ..sessions.session import Session
from . import handles
from .services import Services

DONE, UNCHANGED, ASKS, FAILED = "success", "unchanged", "warning", "error"
"""Ours: the words of TWS are not published."""
RESET = "resetAPIOrderSequence"


@handles(wire.ReqConfig)
def req_config(tws: Services, session: Session, message: wire.ReqConfig) -> None:
    """Everything that is set."""
    lock, messages, api, orders = tws.config.record()
    session.send(wire.ConfigResponse(message.reqId, lock, messages, api, orders))


@handles(wire.UpdateConfig)
def update_config(tws: Services, session: Session, message: wire.UpdateConfig) -> None:
    """Change the fields that are set: all of them, or none and why.

    What a person would have to confirm comes back as a warning, and is changed when the program
    sends the same again with that warning accepted.
    """
    errors = tuple(_obstacles(tws, message))
    outcome = Outcome(errors=errors) if errors else _change(tws, message)
    session.send(_answer(message, outcome))


def _obstacles(tws: Services, message: wire.UpdateConfig) -> Iterator[str]:
    if message.resetAPIOrderSequence and tws.queries.busy():
        yield f"{RESET}: orders are working or wait for transmit; cancel them first"
    if message.resetAPIOrderSequence and not tws.link.up:
        yield f"{RESET}: the broker's link is lost; try again when it is back"
    _, known, _, _ = tws.config.record()
    for one in message.messages:
        if one not in known:
            yield f"messages: a station shows none, so message {one.id} cannot be changed"


def _change(tws: Services, message: wire.UpdateConfig) -> Outcome:
    accepted = {one.messageId for one in message.acceptedWarnings if one.messageId is not None}
    doing = (RESET,) if message.resetAPIOrderSequence else ()
    outcome = tws.config.update(_wanted(message), accepted, doing=doing)
    if not doing or outcome.errors or outcome.questions:
        return outcome
    tws.link.submit(ResetOrderIds())
    return msgspec.structs.replace(outcome, changed=(*outcome.changed, RESET))


def _wanted(message: wire.UpdateConfig) -> dict[str, Any]:
    """The settings that the message names; an empty text or list names none."""
    api, orders = message.api, message.orders
    records: list[Record | None] = [message.lockAndExit, orders and orders.smartRouting]
    records += [api.settings, api.precautions] if api else []
    return {
        name: value
        for record in records
        if record is not None
        for name, value in msgspec.structs.asdict(record).items()
        if value is not None and value not in ("", [])
    }


def _answer(message: wire.UpdateConfig, outcome: Outcome) -> wire.UpdateConfigResponse:
    changed = [NAMES[name].path if name in NAMES else name for name in outcome.changed]
    status, told = DONE, f"{len(changed)} settings changed"
    if outcome.errors:
        status, told = FAILED, "nothing was changed"
    elif outcome.questions:
        status, told = ASKS, "nothing was changed: accept the warnings and send it again"
    elif not changed:
        status, told = UNCHANGED, "everything was set like this already"
    warnings = [UpdateConfigWarning(one.number, one.title, one.text) for one in outcome.questions]
    return wire.UpdateConfigResponse(
        message.reqId, status, told, changed, list(outcome.errors), warnings
    )
