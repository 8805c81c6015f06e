"""``python -m papertape.console``, started by a station.

Nothing that is loaded at the start becomes garbage: the collector, which would look through all of
it again and again, waits until the pages are there (``process``).
"""

import gc


def start() -> None:
    """Load the pages and serve them."""
    gc.disable()
    from .process import main

    main()


start()
