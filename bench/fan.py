"""How many quotes a second one station sends to 32 clients, and what that costs it."""

from .common import client, resident_mb, show, station

SYMBOLS = "MSFT,TSLA,AMZN,NVDA,GOOG,AMD,META,QQQ,SPY,IBM,BAC,AAPL"
CLIENTS, LINES, SECONDS = 32, 24, 5


def run() -> None:
    """Measure, print, keep."""
    import sys

    rows = []
    for interval in (5, 20, 100):
        options = ("--quote-interval-ms", str(interval), "--speed", "50")
        with station(*options) as (port, process):
            found = client(
                sys.executable, "fan_reader.py", port, CLIENTS, LINES, SECONDS, 176, SYMBOLS
            )
            rows.append([f"sample every {interval} ms", found["per_second"],
                         resident_mb(process.pid)])  # fmt: skip
    title = f"One station, {CLIENTS} clients x {LINES} quote lines, market at 50x"
    show(title, ("", "messages a second", "station MB"), rows, "fan")
