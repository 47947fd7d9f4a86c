"""Who runs: this process as a value, and whether another one still lives."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

from pairec_cli.domain.runs import Process

ENDED = "process ended"
"""Why something failed whose process is gone."""


def this_process() -> Process:
    pid = os.getpid()
    return Process(pid, birth(pid))


def birth(pid: int) -> str:
    """When the process began, in a form only good for comparing; "" where /proc does not tell.

    Ticks since boot (field 22 of /proc/PID/stat, proc(5)), with the boot's id, since ticks begin anew then.
    """
    fields = _stat(pid)
    return f"{_boot()}:{fields[19]}" if fields else ""


def is_alive(process: Process) -> bool:
    """True while the very process lives: not for a later one that was given its pid, nor for a zombie."""
    if os.name != "posix":
        return True  # no harmless way to ask there: signal 0 would be a Ctrl-C
    try:
        os.kill(process.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # it lives, under another user
    fields = _stat(process.pid)
    if fields and fields[0] in ("Z", "X"):
        return False
    now = birth(process.pid)
    return not (process.birth and now) or process.birth == now


def moment(unix_seconds: float) -> str:
    """A time for messages."""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _stat(pid: int) -> list[str]:
    """Fields of /proc/PID/stat from the third (state) on; [] where there are none."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return []
    # The second field is the program's name in parentheses, which may hold spaces and parentheses.
    return text.rpartition(")")[2].split()


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8]
    except OSError:
        return ""
