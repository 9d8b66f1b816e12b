"""The app behind a proxy that does what the sample configuration says: every header once, HTTPS kept, the socket open."""

import http.client
import re
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from tests.conftest import ROOT
from tests.live_server import running

CONFIG = (ROOT / "docs/deploy/nginx.conf").read_text("utf-8")
NAME = "margin.example.org"
SENT = dict(re.findall(r"^    proxy_set_header (\S+) (\S+);", CONFIG, re.MULTILINE))
HIDDEN = {name.lower() for name in re.findall(r"^    proxy_hide_header (\S+);", CONFIG, re.MULTILINE)}
VALUES = {"$host": NAME, "$remote_addr": "192.0.2.7"}
SAID = {"strict-transport-security": "max-age=31536000; includeSubDomains", "x-content-type-options": "nosniff",
        "x-frame-options": "DENY", "referrer-policy": "no-referrer", "cross-origin-opener-policy": "same-origin",
        "permissions-policy": "camera=(), microphone=(), geolocation=()"}


class Proxy(BaseHTTPRequestHandler):
    """Passes a request on with the headers that the configuration sets, and the answer back without those it hides."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):  # noqa: N802 - the name the standard library calls
        behind = http.client.HTTPConnection("127.0.0.1", self.server.behind, timeout=20)
        mine = {name: VALUES.get(value, value) for name, value in SENT.items()}
        passed = {name: value for name, value in self.headers.items() if name.lower() not in {one.lower() for one in mine}}
        behind.request("GET", self.path, headers=passed | mine)
        answer = behind.getresponse()
        body = b"" if answer.status == 101 else answer.read()
        self.send_response_only(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in HIDDEN | {"transfer-encoding", "content-length"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        behind.close()

    def log_message(self, *_):
        """Quiet."""


@pytest.fixture(scope="module")
def ask(tmp_path_factory):
    folder = tmp_path_factory.mktemp("proxy")
    with running(folder, ALLOWED_HOSTS=NAME) as server:
        proxy = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        proxy.behind = server.port
        threading.Thread(target=proxy.serve_forever, daemon=True).start()

        def asked(path, **headers):
            connection = http.client.HTTPConnection("127.0.0.1", proxy.server_address[1], timeout=20)
            connection.request("GET", path, headers={name.replace("_", "-"): value for name, value in headers.items()})
            answer = connection.getresponse()
            if answer.status != 101:
                answer.read()
            connection.close()
            return answer.status, [(name.lower(), value) for name, value in answer.getheaders()]

        yield asked
        proxy.shutdown()


@pytest.mark.parametrize("path", ["/", "/portfolio?account=x", "/media/nothing.csv", "/app/static/plotly.min.js", "/nowhere.txt"])
def test_every_header_arrives_once(ask, path):
    _, headers = ask(path)
    assert {name: value for name, value in headers if name in SAID} == SAID
    assert max(Counter(name for name, _ in headers).values()) == 1
    assert "frame-ancestors 'none'" in dict(headers)["content-security-policy"] and "server" not in dict(headers)


def test_the_socket_opens_for_the_public_name_alone(ask):
    upgrade = {"Connection": "Upgrade", "Upgrade": "websocket", "Sec_WebSocket_Version": "13",
               "Sec_WebSocket_Key": "dGhlIHNhbXBsZSBub25jZQ=="}
    assert ask("/_stcore/stream", **upgrade, Origin=f"https://{NAME}")[0] == 101
    assert ask("/_stcore/stream", **upgrade, Origin="https://evil.example")[0] == 403


def test_the_configuration_adds_no_header_of_its_own_and_knows_the_socket():
    assert "add_header" not in CONFIG and "proxy_set_header Upgrade $http_upgrade;" in CONFIG
    assert "location = /_stcore/stream" in CONFIG and "return 301 https://" in CONFIG and "proxy_read_timeout 1h;" in CONFIG
