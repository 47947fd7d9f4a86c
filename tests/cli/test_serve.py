"""`pairec serve`, as a process: it listens, answers, takes a new configuration, and stops in order."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from pairec_cli.project import Project
from tests.cli.conftest import Pairec
from tests.engine.stores import config, hot, store


class Server:
    """A running `pairec serve`; `logs` are the lines it has written."""

    def __init__(self, folder: Path, *arguments: str, env: dict[str, str] | None = None) -> None:
        command = [sys.executable, "-m", "pairec_cli", "serve", "--port", "0", *arguments]
        self.process = subprocess.Popen(
            command, cwd=folder, env={**os.environ, **(env or {})}, stderr=subprocess.PIPE, text=True
        )
        self.logs: list[dict[str, Any]] = []
        self.plain: list[str] = []
        listening = self.until("listening")
        self.url = f"http://{listening['host']}:{listening['port']}"

    def until(self, event: str) -> dict[str, Any]:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            if not line.startswith("{"):
                self.plain.append(line)
                continue
            self.logs.append(json.loads(line))
            if self.logs[-1]["event"] == event:
                return self.logs[-1]
        raise AssertionError(f"no {event}: {self.logs} {self.plain}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        self.until("stopped")
        return self.process.wait(30)


@contextmanager
def serving(folder: Path, *arguments: str, env: dict[str, str] | None = None) -> Iterator[Server]:
    server = Server(folder, *arguments, env=env)
    try:
        yield server
    finally:
        server.process.kill()
        server.process.wait()
        assert server.process.stderr is not None
        server.process.stderr.close()


@pytest.fixture
def workspace(folder: Path) -> Path:
    project = Project.create(folder / ".pairec")
    project.control.close()
    store(project.home, hot={"-1": "a::1,b::0.5"}).close()
    project.engine_path.write_text(json.dumps(config(hot("hot"))), encoding="utf-8")
    return folder


BODY = {"uid": "u", "scene_id": "home", "size": 2}


def test_a_life(workspace: Path) -> None:
    with serving(workspace) as server:
        assert server.url.startswith("http://127.0.0.1:")
        assert httpx.get(f"{server.url}/ping").text == "success"
        answer = httpx.post(f"{server.url}/api/recommend", json=BODY).json()
        assert [item["item_id"] for item in answer["items"]] == ["a", "b"]
        logged = server.until("request")
        while logged["path"] != "/api/recommend":
            logged = server.until("request")
        assert (logged["request_id"], logged["status"], logged["code"]) == (answer["request_id"], 200, 200)
        path = workspace / ".pairec/engine.json"
        path.write_text(json.dumps(config(hot("hot", count=1))), encoding="utf-8")
        server.until("config_taken")
        assert httpx.post(f"{server.url}/api/recommend", json=BODY).json()["size"] == 1
        assert server.stop() == 0


def test_another_configuration_is_served_and_watched(pairec: Pairec, folder: Path) -> None:
    Project.create(folder / ".pairec").control.close()
    path = folder / "mine.json"
    table = {"SceneConfs": {"home": {"default": {"RecallNames": ["ContextItemRecall"]}}}}
    path.write_text(json.dumps(table), encoding="utf-8")
    body = {**BODY, "item_list": [{"item_id": "a"}, {"item_id": "b"}]}
    with serving(folder, env={"CONFIG_PATH": str(path)}) as server:
        assert httpx.post(f"{server.url}/api/rec/feed", json=body).json()["size"] == 2
        one = {"Name": "one", "FilterType": "AdjustCountFilter", "RetainNum": 1}
        table |= {"FilterConfs": [one], "FilterNames": {"default": ["one"]}}
        path.write_text(json.dumps(table), encoding="utf-8")
        server.until("config_taken")
        assert httpx.post(f"{server.url}/api/rec/feed", json=body).json()["size"] == 1
    missing = pairec("serve", "--config", str(folder / "none.json"))
    assert (missing.code, "none.json cannot be read" in missing.err) == (1, True)


def test_a_request_under_way_is_answered_before_it_stops(workspace: Path) -> None:
    """The request's body comes in two parts, and the signal to stop between them."""
    with serving(workspace) as server:
        host, port = server.url.removeprefix("http://").split(":")
        body = json.dumps(BODY).encode()
        head = f"POST /api/recommend HTTP/1.1\r\nhost: x\r\ncontent-length: {len(body)}\r\n\r\n"
        with socket.create_connection((host, int(port)), 30) as caller:
            caller.sendall(head.encode() + body[:5])
            httpx.get(f"{server.url}/ping")
            server.until("request")
            stopping = threading.Thread(target=server.stop)
            stopping.start()
            with pytest.raises(httpx.HTTPError):
                while True:
                    httpx.get(f"{server.url}/ping", timeout=5)
            caller.sendall(body[5:])
            answer = b""
            while piece := caller.recv(65_536):
                answer += piece
            stopping.join()
        assert b'"size":2' in answer


def test_the_token_comes_from_the_environment_and_stays_out_of_sight(workspace: Path) -> None:
    with serving(workspace, env={"PAIREC_TOKEN": "s3cret"}) as server:
        assert httpx.post(f"{server.url}/api/recommend", json=BODY).status_code == 401
        headers = {"authorization": "Bearer s3cret"}
        assert httpx.post(f"{server.url}/api/recommend", json=BODY, headers=headers).json()["size"] == 2
        server.stop()
        assert "s3cret" not in str(server.logs)


def test_an_open_door_is_warned_of(workspace: Path) -> None:
    with serving(workspace, "--host", "0.0.0.0") as server:  # that is what is tested
        assert "everybody who reaches 0.0.0.0 may ask" in "".join(server.plain)


def test_what_cannot_be_served(pairec: Pairec, workspace: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        result = pairec("serve", "--port", str(taken.getsockname()[1]))
    assert (result.code, "cannot be listened on" in result.err) == (1, True)
    assert pairec("serve", "--token", "").code == 2
    (workspace / ".pairec/engine.json").write_text('{"FilterConfs": [{"FilterType": "?"}]}', encoding="utf-8")
    refused = pairec("serve")
    assert (refused.code, "FilterConfs[0].FilterType" in refused.err) == (1, True)
    (workspace / ".pairec/engine.json").unlink()
    assert "no solution is deployed" in pairec("serve").err
