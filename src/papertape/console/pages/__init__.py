"""The pages of the console, in the order of the navigation; a module each."""

from ..frame import Page
from ..messages import inspector
from . import chart, connections, drills, log, settings, trading

PAGES = (
    Page("connections", "Connections", connections.build),
    Page("trading", "Trading", trading.build),
    Page("chart", "Chart", chart.build),
    Page("messages", "Messages", inspector.build),
    Page("drills", "Drills", drills.build),
    Page("settings", "API settings", settings.build),
    Page("log", "Log", log.build),
)
