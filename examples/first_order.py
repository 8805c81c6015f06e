"""Buy 100 SPY at the market and print what happened."""

import asyncio

import papertape as pt


async def main(port: int = 7497) -> None:
    async with pt.connect("127.0.0.1", port, client_id=1) as tws:
        spy = pt.Stock("SPY")
        quote = await tws.snapshot(spy)
        print(f"SPY {quote.bid} / {quote.ask}, volume {quote.volume}")
        trade = tws.place_order(spy, pt.MarketOrder("BUY", 100))
        await tws.until(trade, "Filled", charged=True)
        print(f"{trade} at {trade.avgFillPrice}, commission {trade.commission}")


if __name__ == "__main__":
    asyncio.run(main())
