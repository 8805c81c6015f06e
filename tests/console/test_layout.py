"""A page that has nothing to show looks for the station, and is loaded again once it is there."""

import asyncio

import pytest
from nicegui import ui

from console.views import tab
from papertape.console.layout import again
from papertape.console.remote import NoAnswer, RemoteError
from server.sockets import run


@pytest.mark.parametrize("problem", [NoAnswer("busy"), RemoteError("no station 'desk'")])
def test_a_page_without_a_station_is_loaded_again_once_it_answers(
    problem: RemoteError, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers: list[RemoteError | None] = [problem, problem, None, None]
    loaded: list[int] = []
    monkeypatch.setattr(ui.navigate, "reload", lambda: loaded.append(len(answers)))

    async def ask() -> None:
        answer = answers.pop(0)
        if answer is not None:
            raise answer

    async def main() -> None:
        with tab():
            trying = again(ask)
            for left in (3, 2, 1):
                assert trying.active and not loaded
                await asyncio.ensure_future(trying.callback())  # type: ignore[misc]
                assert len(answers) == left
            assert loaded == [1]
            assert not trying.active, "it does not load the page a second time"

    run(main)
