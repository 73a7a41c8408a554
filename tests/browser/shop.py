"""For browser tests: somebody else's web site, whose pages carry the chat button."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

# what the page thinks of buttons and dialogs must not reach the widget
PAGE = """<!doctype html>
<html lang="{language}">
<title>A shop</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>button, span, p, dialog, iframe {{ display: none !important; font-size: 40px; }}</style>
<main><h1>A shop</h1></main>
<script src="{gateway}/chat/widget.js"></script>
</html>
"""


@contextmanager
def open_shop(gateway: str) -> Iterator[str]:
    """The shop's address; the path of a page is its language."""

    class Shop(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = PAGE.format(gateway=gateway, language=self.path.strip("/")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(page)

        def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the name is given
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Shop) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            # another host name than the gateway's: for a browser, another site
            yield f"http://localhost:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
