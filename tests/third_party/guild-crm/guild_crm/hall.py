"""The guild hall itself, pretended: plain HTTP on the loopback address, its books in one JSON file."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

KEY = "key-of-the-hall"
PAGE = 5


class Hall:
    """The books: members, purchases, badges, and the number of the last change."""

    def __init__(self, books: dict[str, Any]) -> None:
        self.books = books

    def answer(self, path: str, query: dict[str, str], body: Any) -> Any:
        """What the hall says."""
        books, members = self.books, self._live()
        match path:
            case "hall":
                return {"id": "hall-1", "name": "Hall of the guild", "change": books["change"]}
            case "members" | "purchases":
                rows = [row for row in books[path] if row["change"] > int(query["after"])]
                page = int(query["page"])
                rest = rows[page * PAGE :]
                return {"rows": rows[(page - 1) * PAGE : page * PAGE], "next": page + 1 if rest else None}
            case "badges":
                if body:
                    books["badges"].setdefault(body["name"], body["about"])
                return books["badges"]
            case "worn":
                return {
                    id: [b for b, m in books["worn"] if m == id] for id in body["members"] if id in members
                }
            case "wearers":
                return [member for badge, member in books["worn"] if badge == body["name"]]
            case "pin" | "unpin":
                known = [[body["name"], id] for id in body["members"] if id in members]
                books["worn"] = [one for one in books["worn"] if one not in known]
                books["worn"] += known if path == "pin" else []
                return [id for id in body["members"] if id not in members]
            case "letters":
                return {id: json.dumps(members[id]["letters"]) for id in body["members"] if id in members}
        raise LookupError(path)

    def _live(self) -> dict[str, Any]:
        return {row["id"]: row for row in self.books["members"] if not row["left"]}


class _Answers(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        """Any request: the key first, then the books."""
        parts = urlsplit(self.path)
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)) or b"null"
        is_known = self.headers.get("X-Guild-Key") == KEY
        hall: Hall = self.server.hall  # type: ignore[attr-defined]
        found = (
            hall.answer(parts.path.strip("/"), dict(parse_qsl(parts.query)), json.loads(text))
            if is_known
            else None
        )
        content = json.dumps(found).encode()
        self.send_response(200 if is_known else 401)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def do_POST(self) -> None:
        """As a GET with a body."""
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@contextmanager
def serve(folder: Path, *, clock: Callable[[], datetime]) -> Iterator[Any]:
    """Opens the hall on its books and closes them at the end."""
    from consentric.sdk.contracts import Endpoint

    file = folder / "books.json"
    hall = Hall(json.loads(file.read_text(encoding="utf-8")))
    with HTTPServer(("127.0.0.1", 0), _Answers) as server:
        server.hall = hall  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield Endpoint(base_url=f"http://127.0.0.1:{server.server_port}", ca_file=file)
        server.shutdown()
    file.write_text(json.dumps(hall.books), encoding="utf-8")
