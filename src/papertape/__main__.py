"""``python -m papertape`` is the ``papertape`` command."""

from .cli import main

main()
