"""Executions that the exchange corrects or busts."""

from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from pydantic import Field

from ...errors import WorldError
from ...venue.script import BustExecution, CorrectExecution, ScriptRefused
from ..aio.server import StationServer
from ..plant.held_orders import UNREACHABLE
from ..present.queries import ExecutionRow
from ..present.views import execution_number
from ..worlds.amounts import nano_of, size_of
from .stations import CONFLICT, PREFIX, Chosen, Turns, act
from .trading import execution_row, order_row
from .views.base import View
from .views.orders import ExecutionView, OrderRow

router = APIRouter(prefix=PREFIX, tags=["trading"])
ExecId = Annotated[str, Path(max_length=100)]


class CorrectionBody(View):
    """What an execution was in truth; what is left out stays."""

    size: float | None = Field(None, gt=0, le=10**9, allow_inf_nan=False)
    price: float | None = Field(None, gt=0, le=10**9, allow_inf_nan=False)


@router.post("/stations/{station}/executions/{exec_id}/correct", responses=CONFLICT)
async def correct(server: Chosen, exec_id: ExecId, body: CorrectionBody) -> ExecutionView:
    """Let the exchange correct an execution of today, in any of its revisions.

    Its client is told of the correction as of an execution, with the next number behind the last
    dot of the id. 404 for an unknown one, 409 when the correction cannot be.
    """
    number, _ = await _known(server, exec_id)
    try:
        size = 0 if body.size is None else size_of(Decimal(str(body.size)))
        price = 0 if body.price is None else nano_of(Decimal(str(body.price)))
    except WorldError as error:
        raise HTTPException(409, str(error)) from error
    _play(server, CorrectExecution(number, size, price))
    return execution_row(_corrected(server))


@router.post("/stations/{station}/executions/{exec_id}/bust", responses=CONFLICT)
async def bust(server: Chosen, exec_id: ExecId) -> OrderRow:
    """Let the exchange bust an execution of today, and return its order as it stands then. 404 for
    an unknown one, 409 when it cannot be."""
    number, row = await _known(server, exec_id)
    perm_id = row.execution.permId
    _play(server, BustExecution(number))
    view = server.station.queries.order_by_perm_id(perm_id)
    assert view is not None, "an execution without an order was busted"
    return order_row(view)


async def _known(server: StationServer, exec_id: str) -> tuple[int, ExecutionRow]:
    number, turns = execution_number(exec_id), Turns()
    rows = server.station.queries.executions_by_id([exec_id]) if number >= 0 else ()
    for row in rows:
        if row is not None:
            return number, row
        await turns.others()
    raise HTTPException(404, f"there is no execution {exec_id} of today")


def _corrected(server: StationServer) -> ExecutionRow:
    """The correction that was just made: the newest of all executions."""
    return next(row for row in server.station.queries.latest_executions(1) if row is not None)


def _play(server: StationServer, command: CorrectExecution | BustExecution) -> None:
    if not server.station.link.up:
        raise HTTPException(409, UNREACHABLE)
    try:
        act(server, lambda station: station.link.play(command))
    except ScriptRefused as refused:
        raise HTTPException(409, str(refused)) from refused
