"""Market data of others, read into market folders; what a folder holds, as CSV and as a picture."""

from .importing import ImportOptions, import_frame, import_sources

__all__ = ["ImportOptions", "import_frame", "import_sources"]
