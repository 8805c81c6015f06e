"""The console: the workstation's window as a web page, a process of its own.

It reads and acts through the control API and its WebSockets only, and may crash or be slow without
touching the wire. ``python -m papertape.console`` is started by the station (``server/control/
console.py``), which owns the listening socket and hands it over.

========== ====================================================================
process    the start: settings from stdin, the web server, the end with the station
gate       who may look: token, then cookie; headers that keep the page to itself
remote     the control API, called with asyncio
live       what the pages show, fetched while somebody looks
frame      what every page has: navigation, indicators, dialog of waiting connections
asking     that dialog
parts      components, words and numbers, and the look of it all in both themes
pages      the list of pages and a module each
messages   the page of live messages
========== ====================================================================
"""
