"""The control API against its own description, by a tool that looks for what breaks it."""

import asyncio
import sys
from pathlib import Path

import httpx
import pytest

from lanes import LANE, many
from server.control.test_serve import control
from server.sockets import PATIENCE_S, run

pytestmark = [pytest.mark.network, pytest.mark.process]
EXAMPLES = str(many(test=1, quick=1, proof=100))
PHASES = {"test": "fuzzing", "quick": "examples,coverage"}.get(LANE, "examples,coverage,fuzzing")
"""``fuzzing`` asks of every route; ``examples`` sends those of the description, ``coverage`` tries
each value of each parameter by itself: they take most of the time. ``quick`` runs behind ``test``.
"""


@pytest.mark.proof
@pytest.mark.timeout(PATIENCE_S * 6)
def test_every_route_keeps_what_the_description_promises(tmp_path: Path) -> None:
    async def main() -> None:
        async with control() as (served, api):
            await served.client()
            known = {"Authorization": f"Bearer {api.token}"}
            async with httpx.AsyncClient(
                trust_env=False, timeout=PATIENCE_S, headers=known
            ) as reader:
                # It is made when first asked for, and neither the tool nor the station waits long
                # for what a stranger asks.
                (await reader.get(f"{api.url}/openapi.json")).raise_for_status()
            tool = await asyncio.create_subprocess_exec(
                str(Path(sys.executable).with_name("schemathesis")),
                *("run", f"{api.url}/openapi.json"),
                *("--header", f"Authorization: Bearer {api.token}"),
                # One worker: what a request does to the station is what the next one finds, and a
                # seed repeats it. With several, each run has an order of its own.
                *("--workers", "1", "--seed", "1", "--max-examples", EXAMPLES),
                *("--request-timeout", str(PATIENCE_S)),
                *("--phases", PHASES),
                "--no-color",
                cwd=tmp_path,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )  # fmt: skip
            try:
                printed, _ = await tool.communicate()
            finally:  # what is late is not left to the tests that come then
                if tool.returncode is None:
                    tool.kill()
                    await tool.communicate()
            assert tool.returncode == 0, printed.decode()[-8000:]
            assert b"passed" in printed

    run(main, patience_s=PATIENCE_S * 5)
