"""TickPrice and bars to callbacks as straight-line Python: what mypyc and Cython compile.

Text of server 200. It keeps the caches of the package, so that only the compiler differs.
"""

from decimal import Decimal
from typing import Any

SIZE_OF: dict[int, int] = {1: 0, 2: 3, 4: 5, 66: 69, 67: 70, 68: 71}
ints: dict[bytes, Any] = {}
floats: dict[bytes, Any] = {}
sizes: dict[bytes, Any] = {}
KEPT = 4096


def whole(token: bytes) -> Any:
    """A whole number."""
    found: Any = ints.get(token)
    if found is None:
        if len(ints) >= KEPT:
            ints.clear()
        found = ints[token] = int(token or 0)
    return found


def number(token: bytes) -> Any:
    """A number."""
    found: Any = floats.get(token)
    if found is None:
        if len(floats) >= KEPT:
            floats.clear()
        found = floats[token] = float(token or 0)
    return found


def size(token: bytes) -> Any:
    """A size."""
    found: Any = sizes.get(token)
    if found is None:
        if len(sizes) >= KEPT:
            sizes.clear()
        found = sizes[token] = Decimal(token.decode())
    return found


def ticks(data: bytes, wrapper: Any, attribs: list[Any]) -> int:
    """Call back for every TickPrice frame; how many there were."""
    price_tick = wrapper.tickPrice
    size_tick = wrapper.tickSize
    start, end, count = 0, 0, 0
    length = len(data)
    while start + 4 <= length:
        body = start + 4
        end = body + int.from_bytes(data[start:body], "big")
        if end > length:
            break
        start = end
        f = data[body:end].split(b"\0")
        if f[0] != b"1":
            continue
        request, kind, mask = whole(f[2]), whole(f[3]), whole(f[6])
        price, amount = number(f[4]), size(f[5])
        price_tick(request, kind, price, attribs[mask & 7])
        other = SIZE_OF.get(kind)
        if other is not None:
            size_tick(request, other, amount)
        count += 1
    return count


def bars(payload: bytes, wrapper: Any, bar_class: Any) -> int:
    """Call back for every bar of a HistoricalData body; how many there were."""
    f = payload.split(b"\0")
    request, count = whole(f[1]), int(f[2])
    bar = wrapper.historicalData
    i = 3
    for _ in range(count):
        o = bar_class.__new__(bar_class)
        o.date = f[i].decode()
        o.open = number(f[i + 1])
        o.high = number(f[i + 2])
        o.low = number(f[i + 3])
        o.close = number(f[i + 4])
        o.volume = size(f[i + 5])
        o.wap = size(f[i + 6])
        o.barCount = whole(f[i + 7])
        i += 8
        bar(request, o)
    return count
