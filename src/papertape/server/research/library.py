"""What a user has put beside the market: a folder with news and reports."""

from pathlib import Path

import msgspec

from .news_file import NewsFile, read_news


class ResearchLibrary(msgspec.Struct, frozen=True):
    """The files of a market folder that are no market data."""

    folder: Path | None = None
    news: NewsFile | None = None


def read_library(folder: Path | None) -> ResearchLibrary:
    """The library of a market folder. Raises ``MarketDataError`` for a file that is wrong."""
    return ResearchLibrary(folder, None if folder is None else read_news(folder))
