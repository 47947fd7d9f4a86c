"""Run as a program: backfills that are killed, each in its own copy of a workspace.

    python -m tests.workflow.kills HOME COUNT…

Each copy, `HOME-<count>`, is left as SIGKILL leaves it at the moment of its COUNT-th transaction, before it
begins (even counts) or after it is committed (odd ones).
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection

from pairec_cli.control.connections import Database
from pairec_cli.project import Project
from pairec_cli.workflow.backfilling import run_backfill
from tests.workflow.chain import Listener, deployed, plan

original = Database.write


def kill_at(count: int) -> None:
    left = [count // 2]

    @contextmanager
    def write(self: Database) -> Iterator[Connection]:
        left[0] -= 1
        if left[0] < 0 and count % 2 == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        with original(self) as connection:
            yield connection
        if left[0] < 0:
            os.kill(os.getpid(), signal.SIGKILL)

    Database.write = write  # type: ignore[method-assign] # the test's point


def run(home: Path, count: int) -> None:
    project = Project(home)
    what, made = deployed(project), plan(project)
    kill_at(count)
    run_backfill(project, what, made, Listener())


def main(home: Path, counts: list[int]) -> None:
    for count in counts:
        copy = home.with_name(f"{home.name}-{count}")
        shutil.copytree(home, copy)
        child = os.fork()
        if child == 0:
            run(copy, count)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        print(count, os.WTERMSIG(status) if os.WIFSIGNALED(status) else "finished")  # noqa: T201 - its answer


if __name__ == "__main__":
    main(Path(sys.argv[1]), [int(word) for word in sys.argv[2:]])
