"""Answers about scanners and news."""

from datetime import datetime

from .base import View


class ScannerView(View):
    """A way to rank stocks."""

    code: str
    title: str


class ScannerPlaceView(View):
    """A place to scan."""

    code: str
    title: str
    instrument: str


class ScannerChoicesView(View):
    """What a scanner may be asked."""

    codes: list[ScannerView]
    locations: list[ScannerPlaceView]


class NewsProviderView(View):
    """A source of news."""

    code: str
    name: str


class HeadlineView(View):
    """A headline."""

    time: datetime
    provider: str
    article_id: str
    headline: str


class ArticleView(View):
    """An article."""

    time: datetime
    headline: str
    text: str
    """Text or HTML."""
