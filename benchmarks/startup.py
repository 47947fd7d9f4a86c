"""Whole-process start of `pairec` beside a two-command typer application in the same environment.

    python benchmarks/startup.py [--runs 15] [--home WORKSPACE] [--terminal]

Runs alternate, so that a slow moment of the machine meets both. `--terminal` gives each process a terminal
(help in boxes); without it, output goes to a pipe. The command that is measured is `pairec recommend` where
WORKSPACE has something deployed, and `pairec --version` otherwise.
"""

from __future__ import annotations

import argparse
import os
import pty
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

GOAL = 1.3
TWO_COMMANDS = '''
import typer

app = typer.Typer()


@app.command()
def recommend(user: str = "1", size: int = 10) -> None:
    """Print a line."""
    print(user, size)


@app.command()
def status(verbose: bool = False) -> None:
    """Print another line."""
    print(verbose)


app()
'''


def run_in_pipe(command: Sequence[str]) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


def run_in_terminal(command: Sequence[str]) -> int:
    """The exit code of `command`, run with a pseudo-terminal of its own, whose output is read and dropped."""
    child, descriptor = pty.fork()
    if child == 0:
        os.execvp(command[0], list(command))
    while True:
        try:
            if not os.read(descriptor, 65536):
                break
        except OSError:
            break
    os.close(descriptor)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def seconds(command: Sequence[str], terminal: bool) -> float:
    """Wall time of one process; a failing command is no measurement."""
    start = time.perf_counter()
    code = run_in_terminal(command) if terminal else run_in_pipe(command)
    spent = time.perf_counter() - start
    if code:
        raise SystemExit(f"{' '.join(command)} exited {code}")
    return spent


def measure(commands: dict[str, Sequence[str]], runs: int, terminal: bool) -> dict[str, tuple[float, float]]:
    """Median and minimum of each command in milliseconds, after one unmeasured round."""
    times: dict[str, list[float]] = {name: [] for name in commands}
    for round_ in range(runs + 1):
        for name, command in commands.items():
            spent = seconds(command, terminal)
            if round_:
                times[name].append(spent * 1000)
    return {name: (statistics.median(spent), min(spent)) for name, spent in times.items()}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--runs", type=int, default=15)
    parser.add_argument("--home", type=Path, help="a workspace with a deployed solution")
    parser.add_argument("--user", default="123")
    parser.add_argument("--terminal", action="store_true")
    given = parser.parse_args()
    python, pairec = sys.executable, [sys.executable, "-m", "pairec_cli"]
    call = ["--version"]
    if given.home:
        call = ["recommend", "--user", given.user, "--no-deploy", "--home", str(given.home)]
    with tempfile.TemporaryDirectory() as folder:
        app = Path(folder) / "two_commands.py"
        app.write_text(TWO_COMMANDS, encoding="utf-8")
        commands: dict[str, Sequence[str]] = {
            "python -c pass": [python, "-c", "pass"],
            "two commands --help": [python, str(app), "--help"],
            "pairec --help": [*pairec, "--help"],
            "two commands, a command": [python, str(app), "recommend", "--user", given.user],
            f"pairec {call[0]}": [*pairec, *call],
        }
        found = measure(commands, given.runs, given.terminal)
    for name, (median, least) in found.items():
        print(f"{name:<26} {median:7.0f} ms   (least {least:.0f})")
    medians = [median for median, _ in found.values()]
    for what, ours, theirs in (("--help", 2, 1), (call[0], 4, 3)):
        ratio = medians[ours] / medians[theirs]
        print(f"{what:<12} {ratio:.2f} × the two-command application (goal ≤ {GOAL})")


if __name__ == "__main__":
    main()
