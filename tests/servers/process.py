"""A private server for tests: in a temporary folder, on a free loopback port, stopped at the end."""

from __future__ import annotations

import atexit
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

HOST = "127.0.0.1"
START_SECONDS = 60
FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/sbin", "/usr/local/sbin", "/usr/libexec")


def binary(*names: str) -> str:
    """The first of these programs that is installed. Without one the test is skipped, in CI it fails."""
    for name in names:
        found = shutil.which(name)
        elsewhere = [folder / name for pattern in FOLDERS for folder in Path("/").glob(pattern[1:])]
        here = [Path(found)] if found else sorted(path for path in elsewhere if path.exists())
        if here:
            return str(here[-1])
    return missing(f"{' or '.join(names)} is not installed")


def missing(reason: str) -> NoReturn:
    if os.environ.get("CI"):
        pytest.fail(f"{reason}: continuous integration needs it")
    pytest.skip(reason)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def demoted() -> dict[str, Any]:
    """For servers that refuse to be run by root: whom to run as, as keywords of subprocess."""
    if os.name != "posix" or os.getuid() != 0:
        return {}
    account = pwd.getpwnam("nobody")
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


class Server:
    """A process that can be stopped, frozen and started again on its port and folder."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.port = free_port()
        self.folder = Path(tempfile.mkdtemp(prefix=f"pairec-{name}-"))
        self.process: subprocess.Popen[bytes] | None = None
        self.account: dict[str, Any] = {}
        atexit.register(self.remove)

    def command(self) -> Sequence[str]:
        raise NotImplementedError

    def ready(self) -> None:
        """Raises while the server does not answer."""
        raise NotImplementedError

    def own(self, account: dict[str, Any]) -> None:
        """The folder belongs to the account that the server runs as."""
        self.account = account
        if account:
            os.chown(self.folder, account["user"], account["group"])

    def start(self) -> None:
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                self.command(), stdout=log, stderr=log, cwd=self.folder, **self.account
            )
        until = time.monotonic() + START_SECONDS
        while True:
            try:
                self.ready()
                return
            except Exception as error:
                if self.process.poll() is not None or time.monotonic() > until:
                    said = (self.folder / "log").read_text(errors="replace")[-2000:]
                    pytest.fail(f"{self.name} does not start: {error}\n{said}")
                time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGCONT)
            self.process.send_signal(how)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
            self.process = None

    def freeze(self) -> None:
        """It keeps its connections and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, self.process.pid, os.WSTOPPED)

    def thaw(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)

    def remove(self) -> None:
        atexit.unregister(self.remove)
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def run(command: Sequence[str], account: dict[str, Any], folder: Path) -> None:
    """A program that prepares a server. The test fails with what it says."""
    done = subprocess.run(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, check=False, **account
    )
    if done.returncode:
        pytest.fail(f"{command[0]} failed:\n{done.stdout.decode(errors='replace')[-2000:]}")


def started(make: Callable[[], Server]) -> Server:
    """A running server; another port is taken when somebody was faster with the first."""
    for last in (False, False, True):
        server = make()
        try:
            server.start()
            return server
        except pytest.fail.Exception:
            server.remove()
            if last:
                raise
    raise AssertionError
