"""The pages of the console, in the order of the navigation; a module each."""

from ..layout import Page
from ..view import PageView
from . import (
    account,
    chart,
    connections,
    drills,
    headlines,
    log,
    options,
    scanner,
    settings,
    trading,
    watchlist,
)


async def _messages(view: PageView) -> None:
    """The page that decodes frames; the others do not have to load the catalogue."""
    from ..messages import inspector

    await inspector.build(view)


PAGES = (
    Page("connections", "Connections", connections.build),
    Page("trading", "Trading", trading.build, written=True),
    Page("account", "Account", account.build),
    Page("watchlist", "Watchlist", watchlist.build),
    Page("chart", "Chart", chart.build),
    Page("options", "Options", options.build),
    Page("scanner", "Scanner", scanner.build),
    Page("news", "News", headlines.build),
    Page("messages", "Messages", _messages),
    Page("drills", "Drills", drills.build),
    Page("settings", "API settings", settings.build, written=True),
    Page("log", "Log", log.build),
)
