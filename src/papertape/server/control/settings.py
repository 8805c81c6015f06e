"""Read and change the settings of the API."""

from typing import Annotated, Final

from fastapi import APIRouter, Body
from starlette.responses import JSONResponse

from .stations import NOT_FOUND, PREFIX, Chosen, act
from .views.plant import BlameView, Change, ChangedView, SettingView

router = APIRouter(prefix=PREFIX, tags=["settings"])
PLACES: Final = {
    "settings": "API - Settings",
    "precautions": "API - Precautions",
    "lockAndExit": "Lock and Exit",
    "smartRouting": "Orders - Smart Routing",
}
"""Group -> its page in the Global Configuration of TWS."""
MOST_CHANGES = 100


@router.get("/stations/{station}/settings", responses=NOT_FOUND)
async def settings(server: Chosen) -> list[SettingView]:
    """List every setting and precaution, with its meaning and whether it has an effect yet."""
    return [SettingView(**row, place=PLACES[row["group"]]) for row in server.station.config.view()]


@router.patch(
    "/stations/{station}/settings",
    responses={**NOT_FOUND, 409: {"model": BlameView}},
    response_model=ChangedView,
)
async def change(
    server: Chosen,
    changes: Annotated[
        dict[str, Change], Body(max_length=MOST_CHANGES, examples=[{"readOnlyApi": True}])
    ],
) -> ChangedView | JSONResponse:
    """Change settings by their official names: all of them, or none with the reasons (409)."""
    outcome = act(server, lambda station: station.config.update(changes))
    if outcome.errors:
        told = BlameView(detail="; ".join(outcome.errors), errors=outcome.blamed)
        return JSONResponse(told.model_dump(), 409)
    return ChangedView(changed=list(outcome.changed))
