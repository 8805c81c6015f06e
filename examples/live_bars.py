"""Bars of five seconds as a strategy wants them: each once, when it is over, without a hole.

    python examples/live_bars.py [PORT] [BARS]

The last minute comes first. Restart the station meanwhile, or break its history farm (``papertape
drill 'farm-blip ushmds'``): what was missed comes before the next bar.
"""

import asyncio
import sys

import papertape as pt


async def main(port: int = 7497, bars: int = 30) -> None:
    settings = pt.ClientSettings(reconnect=pt.Backoff())
    async with (
        pt.connect("127.0.0.1", port, client_id=3, settings=settings) as tws,
        tws.bars(pt.Stock("SPY"), duration="60 S", bar_size="5 secs", format_date=2) as line,
    ):
        async for bar in line.closed():
            print(f"{bar.date}: {bar.open} {bar.high} {bar.low} {bar.close}, {bar.volume} shares")
            bars -= 1
            if not bars:
                return


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
