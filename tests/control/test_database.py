"""Opening and creating a control plane, by path and by address, alone and at once."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from pairec_cli.control.database import Control
from pairec_cli.domain.errors import WorkspaceError


def test_what_is_missing_is_not_made_by_open(path: Path) -> None:
    with pytest.raises(WorkspaceError, match="no control plane") as refused:
        Control.open(path)
    assert refused.value.hint == "pairec init"
    assert not path.exists()


def test_create_twice_keeps_what_was_there(path: Path) -> None:
    with Control.create(path) as control:
        control.settings.set("a", "1")
    with Control.create(path) as control:
        assert control.settings.get("a") == "1"
    with Control.open(str(path)) as control:
        assert control.settings.get("a") == "1"


def test_the_environment_may_name_another_database(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = tmp_path / "other.db"
    monkeypatch.setenv("PAIREC_DB_URL", f"sqlite:///{other}")
    Control.create(path).close()
    assert other.is_file()
    assert not path.exists()


def test_an_address_wins_over_the_environment(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PAIREC_DB_URL", f"sqlite:///{tmp_path / 'other.db'}")
    Control.create(f"sqlite:///{path}").close()
    assert path.is_file()


def test_a_file_that_is_no_database(path: Path) -> None:
    path.write_text("not a database, but long enough to have a header " * 10)
    with pytest.raises(WorkspaceError, match=r"platform\.db: file is not a database"):
        Control.open(path)


def test_a_folder_in_place_of_the_file(path: Path) -> None:
    path.mkdir()
    with pytest.raises(WorkspaceError, match="unable to open database file"):
        Control.create(path)


def test_many_processes_create_one_database(path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from pairec_cli.control.database import Control\n"
        "control = Control.create(Path(sys.argv[1])); control.settings.set(sys.argv[2], 'x')\n"
        "control.close()"
    )
    processes = [
        subprocess.Popen([sys.executable, "-c", script, str(path), str(number)]) for number in range(3)
    ]
    assert [process.wait() for process in processes] == [0] * 3
    with Control.open(path) as control:
        assert [control.settings.get(str(number)) for number in range(3)] == ["x"] * 3


def test_settings(empty: Control) -> None:
    assert empty.settings.get("a") is None
    empty.settings.set("a", "1")
    empty.settings.set("a", "2")
    assert empty.settings.get("a") == "2"
    empty.settings.remove("a")
    empty.settings.remove("a")
    assert empty.settings.get("a") is None
