"""``python -m papertape.console``, started by a station."""

from .process import main

main()
