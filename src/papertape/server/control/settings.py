"""The settings of the API: read and changed."""

from typing import Annotated

from fastapi import APIRouter, Body, HTTPException

from .plant import CONFLICT, NOT_FOUND, Chosen, act
from .views import Change, ChangedView, SettingView

router = APIRouter(tags=["settings"])
MOST_CHANGES = 100


@router.get("/stations/{station}/settings", responses=NOT_FOUND)
async def settings(server: Chosen) -> list[SettingView]:
    """Every setting and precaution, with its meaning and whether it acts yet."""
    return [SettingView(**row) for row in server.station.config.view()]


@router.patch(
    "/stations/{station}/settings",
    responses=CONFLICT,
)
async def change(
    server: Chosen,
    changes: Annotated[
        dict[str, Change], Body(max_length=MOST_CHANGES, examples=[{"readOnlyApi": True}])
    ],
) -> ChangedView:
    """Change settings by their official names: all of them, or none and why (409)."""
    outcome = act(server, lambda station: station.config.update(changes))
    if outcome.errors:
        raise HTTPException(409, "; ".join(outcome.errors))
    return ChangedView(changed=list(outcome.changed))
