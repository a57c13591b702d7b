"""Faults of what is foreign: names that are code in a page, and pages that speak to MLflow's server from elsewhere."""

from __future__ import annotations

import http.client
import signal
import socket
from contextlib import suppress
from html.parser import HTMLParser

from tests.faults.fault import fault
from tests.faults.profiles import TINY
from tests.faults.scene import Scene

HOSTILE = "</script><script>window.hostile = 1</script><img src=x onerror='window.hostile = 1'>"
TABLE = """
[[task]]
name = "table:x</script><script>window.hostile = 1</script>"
lags = [0]
parameters = { file = "gym_log" }
"""


class Elements(HTMLParser):
    """Counts the elements of a page by name, and the attributes that are code."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name in [tag, *(name for name, _ in attrs if name.startswith("on"))]:
            self.counts[name] = self.counts.get(name, 0) + 1


@fault("</script> in a task's label", tries=1)
def hostile_label(scene: Scene) -> None:
    """A task has a label that is code; it is refused in a sentence, before anything is made."""
    scene.restore()
    scene.write_profile(TINY + TABLE)
    refused = scene.folder / "refused"
    scene.run("run", scene.profile, "--output", refused, status=2, says="the name of a table")
    scene.expect(not refused.exists(), "the folder of the results was made")


@fault("</script> in a profile's name", tries=1)
def hostile_profile(scene: Scene) -> None:
    """The name and the description of a profile are code; the page has the elements that it has without."""
    scene.restore()
    page = scene.output / "report.html"
    before = Elements(page.read_text()).counts
    profile = scene.folder / "<img src=x onerror=hostile()>'\"&lt;.toml"
    profile.write_text(TINY.replace("four cohorts of two conditions", HOSTILE))
    scene.run("run", profile, "--output", scene.output, "--workers", "1")
    after = Elements(page.read_text()).counts
    for name in ("script", "img", "iframe", "onerror", "onload", "onclick"):
        scene.expect(after.get(name, 0) == before.get(name, 0), f"the page has {after.get(name, 0)} {name} in place of {before.get(name, 0)}")


def answer(port: int, method: str, path: str, **headers: str) -> int:
    """The status of what a server answers to a request with these headers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.putrequest(method, path, skip_host="Host" in headers)
    for name, value in headers.items():
        connection.putheader(name, value)
    connection.putheader("Content-Length", "2")
    connection.putheader("Content-Type", "application/json")
    connection.endheaders(b"{}")
    return connection.getresponse().status


@fault("foreign hosts and origins at the UI", tries=1)
def foreign_hosts(scene: Scene) -> None:
    """Requests to `unvanish ui` with the host or origin of another site are refused, and Ctrl-C ends it."""
    scene.restore()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = scene.start("ui", "--output", scene.output, "--port", port)

    def answers() -> bool:
        with suppress(OSError):
            return answer(port, "GET", "/health") == 200
        return False

    scene.expect(started.wait_for(answers, 120), "the server does not answer", started)
    search = "/api/2.0/mlflow/experiments/search"
    for foreign in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}, {"Origin": "null"}):
        with suppress(OSError):  # a server that closes the connection refuses too
            status = answer(port, "POST", search, **foreign)
            scene.expect(status == 403, f"a request with {foreign} was answered with {status}")
    started.signal_group(signal.SIGINT)
    scene.check(started, (0, 130))
