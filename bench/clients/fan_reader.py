"""Opens CLIENTS raw connections, subscribes each to LINES stocks, counts messages for SECONDS.

Only frames are split, nothing is decoded: the station is what is measured."""

import json
import selectors
import socket
import struct
import sys
import time

PORT, CLIENTS, LINES, SECONDS, VERSION = map(int, sys.argv[1:6])
SYMBOLS = sys.argv[6].split(",")


def framed(*fields):
    body = b"".join(str(field).encode() + b"\0" for field in fields)
    return struct.pack(">I", len(body)) + body


def request(number, symbol):
    contract = [0, symbol, "STK", "", "", "", "", "SMART", "", "USD", "", ""]
    return framed(1, 11, number, *contract, 0, "", 0, 0, "")


class Counter:
    def __init__(self, number):
        self.sock = socket.create_connection(("127.0.0.1", PORT))
        greeting = f"v100..{VERSION}".encode()
        self.sock.sendall(b"API\0" + struct.pack(">I", len(greeting)) + greeting)
        self.sock.recv(4096)
        self.sock.sendall(framed(71, 2, number, ""))
        time.sleep(0.05)
        self.sock.recv(65536)
        wanted = (request(i + 1, SYMBOLS[i % len(SYMBOLS)]) for i in range(LINES))
        self.sock.sendall(b"".join(wanted))
        self.rest = b""
        self.count = 0

    def read(self):
        data = self.rest + self.sock.recv(1 << 20)
        at, size = 0, len(data)
        while at + 4 <= size:
            end = at + 4 + int.from_bytes(data[at : at + 4], "big")
            if end > size:
                break
            self.count += 1
            at = end
        self.rest = data[at:]


counters = [Counter(i + 1) for i in range(CLIENTS)]
chooser = selectors.DefaultSelector()
for counter in counters:
    chooser.register(counter.sock, selectors.EVENT_READ, counter)


def drain(seconds):
    end = time.perf_counter() + seconds
    while time.perf_counter() < end:
        for key, _ in chooser.select(0.1):
            key.data.read()


drain(2)
before, began = sum(c.count for c in counters), time.perf_counter()
drain(SECONDS)
seconds = time.perf_counter() - began
print(json.dumps({"per_second": (sum(c.count for c in counters) - before) / seconds}))
