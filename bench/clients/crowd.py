"""CLIENTS raw connections that follow LINES quotes each; only frames are split and counted.

crowd.py PORT CLIENTS LINES FIRST_ID SYMBOLS is told a line at a time: ``on`` and ``off`` (quote
lines), ``stall`` and ``resume`` (the last connection stops reading), ``count``. Every answer has
the frames and bytes of each connection so far. Text of version 176: what is read is not decoded,
the station is what is measured."""

import json
import selectors
import socket
import struct
import sys
import time

PORT, CLIENTS, LINES, FIRST = map(int, sys.argv[1:5])
SYMBOLS = sys.argv[5].split(",")
GREETING = b"v100..176"
SMALL = 16 * 1024  # so that the system keeps little for the one that does not read
SUBSCRIBE, CANCEL, START = 1, 2, 71


def framed(*fields):
    body = b"".join(str(field).encode() + b"\0" for field in fields)
    return struct.pack(">I", len(body)) + body


class Connection:
    def __init__(self, client_id, buffer=None):
        self.sock = socket.socket()
        if buffer is not None:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        self.sock.connect(("127.0.0.1", PORT))
        self.sock.sendall(b"API\0" + struct.pack(">I", len(GREETING)) + GREETING)
        self.rest = b""
        self.frames = -1  # the server's greeting is a frame that it does not count
        self.bytes = 0
        self.ids = 0
        self.closed = False
        while self.frames < 0:
            self.read()
        self.sock.sendall(framed(START, 2, client_id, ""))

    def subscribe(self):
        wanted = []
        for i in range(LINES):
            self.ids += 1
            symbol = SYMBOLS[i % len(SYMBOLS)]
            contract = [0, symbol, "STK", "", "", "", "", "SMART", "", "USD", "", ""]
            wanted.append(framed(SUBSCRIBE, 11, self.ids, *contract, 0, "", 0, 0, ""))
        self.sock.sendall(b"".join(wanted))

    def cancel(self):
        ids = range(self.ids - LINES + 1, self.ids + 1)
        self.sock.sendall(b"".join(framed(CANCEL, 2, number) for number in ids))

    def read(self):
        try:
            got = self.sock.recv(1 << 20)
        except ConnectionError:
            got = b""
        if not got:
            chooser.unregister(self.sock)
            self.closed = True
        self.bytes += len(got)
        data = self.rest + got
        at, size = 0, len(data)
        while at + 4 <= size:
            end = at + 4 + int.from_bytes(data[at : at + 4], "big")
            if end > size:
                break
            self.frames += 1
            at = end
        self.rest = data[at:]


chooser = selectors.DefaultSelector()
crowd = [Connection(FIRST + i) for i in range(CLIENTS - 1)]
crowd.append(Connection(FIRST + CLIENTS - 1, SMALL))
for one in crowd:
    chooser.register(one.sock, selectors.EVENT_READ, one)
chooser.register(sys.stdin, selectors.EVENT_READ, None)


def obey(word, deaf):
    """Do it; gives who is deaf afterwards."""
    for one in crowd:
        if one is deaf or one.closed:
            continue
        if word == "on":
            one.subscribe()
        elif word == "off":
            one.cancel()
    if word == "stall":
        chooser.unregister(crowd[-1].sock)
        return crowd[-1]
    if word == "resume":
        chooser.register(deaf.sock, selectors.EVENT_READ, deaf)
        return None
    return deaf


def tell():
    frames, got = [one.frames for one in crowd], [one.bytes for one in crowd]
    closed = sum(one.closed for one in crowd)
    told = {"at": time.monotonic(), "frames": frames, "bytes": got, "closed": closed}
    print(json.dumps(told), flush=True)


silent = None
while True:
    for key, _ in chooser.select():
        if key.data is not None:
            key.data.read()
            continue
        line = sys.stdin.readline()
        if not line:
            raise SystemExit
        silent = obey(line.strip(), silent)
        tell()
