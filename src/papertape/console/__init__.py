"""The console: the workstation's window as a web page, a process of its own.

It uses only the control API and its WebSockets, so that it cannot slow or stop the wire. The
station (``server/control/console.py``) starts ``python -m papertape.console``, owns the listening
socket and passes it on.

=================== ==========================================================================
process             start and end: settings from stdin, the web server
auth                access: the token, then a cookie; headers that isolate the page
remote              the control API, called with asyncio
topics              data of the pages, fetched while a page shows them
layout              common parts of all pages: navigation, indicators, the dialog
pending_connections that dialog: connections that wait to be accepted
parts               components, labels, number formats, and the style of both themes
pages               the list of pages, and a module for each
messages            the page of live messages
=================== ==========================================================================
"""
