"""A station that tells about itself: ``papertape serve`` that prints a census on SIGUSR1.

The census counts what Python alone knows: tasks that have not ended, and objects that the
garbage collector follows, after a collection.
"""

import asyncio
import gc
import json
import signal

from papertape.cli import main


def census(*_):
    gc.collect()
    objects = gc.get_objects()
    tasks = sum(isinstance(one, asyncio.Task) and not one.done() for one in objects)
    print(json.dumps({"tasks": tasks, "objects": len(objects)}), flush=True)


signal.signal(signal.SIGUSR1, census)
main()
