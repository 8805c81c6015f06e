"""``python -m papertape.console``, which a station starts.

Nothing that is loaded at the start becomes garbage, so the collector stays off until the pages are
loaded (``process``).
"""

import gc


def start() -> None:
    """Load the pages and serve them."""
    gc.disable()
    from .process import main

    main()


start()
