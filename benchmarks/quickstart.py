"""The whole quick deployment, from an empty folder to recommendations, command by command.

    python benchmarks/quickstart.py [--days 60]

Each command is a process of its own, as a user types it; `first` also compiles the etrec kernel, because
numba's cache is pointed at an empty folder.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def run(arguments: list[str], folder: Path, environment: dict[str, str]) -> tuple[float, float]:
    """(wall seconds, CPU seconds of the process and its children)."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pairec_cli", *arguments],
        cwd=folder,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--days", default="60")
    days = parser.parse_args().days
    commands = [
        ["init"],
        ["data", "generate", "--days", days],
        ["recommend", "--user", "123"],
        ["recommend", "--user", "123"],
    ]
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "NUMBA_CACHE_DIR": str(Path(folder, "numba"))}
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        total = 0.0
        for command in commands:
            wall, cpu = run(command, Path(folder), environment)
            total += wall
            print(f"{'pairec ' + ' '.join(command):<36} {wall:6.2f} s wall  {cpu:6.2f} s CPU")
        print(f"{'all':<36} {total:6.2f} s wall   (goal: 60 s on two cores)")


if __name__ == "__main__":
    main()
