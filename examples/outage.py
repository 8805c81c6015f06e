"""Watch a quote through outages: the stream says when it is stale, heals, and tells the gap.

    python examples/outage.py [PORT] [UPDATES]

Restart the station meanwhile, or start a drill: the program goes on.
"""

import asyncio
import sys

import papertape as pt


async def main(port: int = 7497, updates: int = 5) -> None:
    settings = pt.ClientSettings(reconnect=pt.Backoff())
    async with pt.connect("127.0.0.1", port, client_id=2, settings=settings) as tws:
        report = tws.report
        print(f"server version {report.serverVersion}, accounts {', '.join(report.accounts)}")
        async with tws.quotes(pt.Stock("SPY")) as line:
            async for event in line.events():
                match event:
                    case pt.Stale(reason=reason):
                        print(f"stale: {reason}")
                    case pt.Gap(since=since, until=until, renewed=renewed):
                        how = "requested anew" if renewed else "resumed by itself"
                        print(f"live again after {until - since:.1f} s, {how}")
                    case quote:
                        print(f"SPY {quote.bid} / {quote.ask}")
                        updates -= 1
                if updates <= 0:
                    return


if __name__ == "__main__":
    asyncio.run(main(*map(int, sys.argv[1:])))
