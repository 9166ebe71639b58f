"""What the contract suites share: a real HTTP server on a free loopback port."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class WebServer:
    """Answers each path as told, and remembers what it was sent."""

    url: str = ""
    answers: dict[str, tuple[int, bytes]] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def says(self, path: str, body: bytes | str, status: int = 200) -> str:
        self.answers[path] = (status, body.encode() if isinstance(body, str) else body)
        return self.url + path

    def hangs(self) -> str:
        """A path that answers nothing before the test is over."""
        return f"{self.url}/hangs"

    def redirects(self) -> str:
        return f"{self.url}/redirects"


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # five by default: the sixth connection of a burst is reset


@pytest.fixture
def web() -> Iterator[WebServer]:
    server = WebServer()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length") or 0))
            headers = {name.lower(): said for name, said in self.headers.items()}
            server.seen.append(Seen(self.command, self.path, headers, body))
            if self.path == "/hangs":
                server.over.wait(30)
            status, said = server.answers.get(self.path, (404, b"no such path"))
            if self.path == "/redirects":
                status, said = 302, b""
            try:
                self.send_response(status)
                if status == 302:
                    self.send_header("location", f"{server.url}/elsewhere")
                self.send_header("content-length", str(len(said)))
                self.end_headers()
                self.wfile.write(said)
            except ConnectionError:
                pass  # the client gave up, as it should

        do_GET = do_POST = do_HEAD = _answer

        def log_message(self, format: str, *args: object) -> None:
            pass

    running = _Server(("127.0.0.1", 0), Handler)
    server.url = f"http://127.0.0.1:{running.server_port}"
    thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    yield server
    server.over.set()
    running.shutdown()
    thread.join(5)
    running.server_close()


@pytest.fixture
def closed_port() -> str:
    """A URL at which nobody listens."""
    probe = ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler)
    port = probe.server_port
    probe.server_close()
    return f"http://127.0.0.1:{port}/"
