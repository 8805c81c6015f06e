"""What a program and the gate tell each other: frames of fixed size, each with a list."""

import struct

HELLO, IDLE, SYNC, NOTE, BYE, MINE = 1, 2, 3, 4, 5, 6
"""From the program: the first frame; nothing to do until a deadline; bring the station to my
instant; something to be said; the end; a new connection. IDLE and SYNC want an answer."""

FROM_PROGRAM = struct.Struct("!BqqIH")
"""Kind, instant, deadline, how often time went on without the gate, length of the list."""
LINE_FROM_PROGRAM = struct.Struct("!HQB")
"""Local port of a connection to the station, bytes sent on it, whether it is closed."""
TO_PROGRAM = struct.Struct("!qqH")
"""Instant, horizon up to which nothing comes by itself, length of the list."""
LINE_TO_PROGRAM = struct.Struct("!HQ")
"""Local port of a connection, bytes that have been sent to it."""
NEVER = -1
"""The deadline of a program that waits for the station alone."""
