"""Lists that may be long: whole, in order, whatever is passed over in between."""

import asyncio
import json

import pytest
from fastapi import HTTPException
from pydantic import TypeAdapter

from papertape.server.control import stations

NUMBERS = TypeAdapter(list[int])


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 5])
def test_a_list_is_whole_whatever_its_pieces(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stations, "PIECE", 2)
    items = [None, *(one for number in range(count) for one in (number, None, None))]
    answer = asyncio.run(stations.told(NUMBERS, items, lambda number: number))
    assert json.loads(answer.body) == list(range(count))
    assert answer.media_type == "application/json"


def test_others_have_their_turn_while_rows_are_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stations, "TURN_S", -1.0)
    turns: list[int] = []

    async def main() -> None:
        async def other() -> None:
            while True:
                turns.append(1)
                await asyncio.sleep(0)

        beside = asyncio.create_task(other())
        await stations.told(NUMBERS, [None] * 50, lambda number: number)
        beside.cancel()

    asyncio.run(main())
    assert len(turns) >= 50


def test_a_long_answer_that_the_end_of_the_server_cuts_off_is_no_fault() -> None:
    async def cut() -> int:
        turns = stations.Turns()

        async def answer() -> int:
            try:
                while True:
                    await turns.others()
            except HTTPException as refusal:
                return refusal.status_code

        task = asyncio.create_task(answer())
        asyncio.get_running_loop().call_later(0.01, task.cancel)
        return await task

    assert asyncio.run(cut()) == 503
