"""Recordings of others, converted to ours.

``load`` takes a recording of ours, a wire log of a station, a transcript of ibkr-go, or a recording
of rust-ibapi (a folder of ``.msg`` files, or ``tws_interactions.yaml``).
"""

from collections.abc import Callable
from pathlib import Path
from typing import Final

from ...errors import RecordingError
from ..format import WireRecording, is_recording, read
from . import rust_ibapi, transcripts, wire_log

LOOKED_AT: Final = 4096
MOST_BYTES: Final = 256 << 20
"""An import is read whole."""


def load(source: Path | str, *, version: int | None = None) -> WireRecording:
    """Read a recording of any known kind.

    ``version``: the server version, for sources that do not tell it. Raises ``RecordingError``
    naming the file when it is of no known kind, damaged, or too large.
    """
    path = Path(source)
    if path.is_dir():
        return rust_ibapi.folder(path, version)
    try:
        with path.open("rb") as file:
            start = file.read(LOOKED_AT)
        if is_recording(start):
            return read(path)
        if path.stat().st_size > MOST_BYTES:
            raise RecordingError(f"has more than {MOST_BYTES >> 20} MB", path=path)
        text = path.read_bytes().decode("utf-8")
    except OSError as error:
        raise RecordingError(f"cannot be read: {error.strerror}", path=path) from error
    except UnicodeDecodeError as error:
        raise RecordingError(f"is no recording: {error}", path=path) from error
    for fits, convert in _KINDS:
        if fits(text):
            try:
                return convert(text)
            except RecordingError as error:
                error.path = str(path)
                raise
    raise RecordingError(
        "is no recording of a kind that is known",
        path=path,
        advice="Known: a recording, a wire log, a transcript of ibkr-go, a recording of rust-ibapi",
    )


_KINDS: Final[tuple[tuple[Callable[[str], bool], Callable[[str], WireRecording]], ...]] = (
    (wire_log.fits, wire_log.convert),
    (transcripts.fits, transcripts.convert),
    (rust_ibapi.fits, rust_ibapi.convert),
)

__all__ = ["load"]
