"""The scripts as they stand in a DataWorks workspace: these files run, and these a user edits.

dataworks/<workspace>/<workflow>/<engine>/<label>/<node>/<node>.sql
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.package import Node, Workflow
from pairec_cli.workflow.archive import read_nodes
from pairec_cli.workflow.flowspec import script_path


class DeployedScripts:
    """The workflow folders of one DataWorks workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def workflows(self) -> list[str]:
        if not self.folder.is_dir():
            return []
        return sorted(path.name for path in self.folder.iterdir() if path.is_dir() and path.name[0] != ".")

    def files(self, workflow: str) -> dict[str, str]:
        """Every file of a workflow by its path inside its folder; empty when it is not deployed.

        Raises InvalidInput for a file that is not UTF-8 text.
        """
        root = self.folder / workflow
        return {
            path.relative_to(root).as_posix(): _read(path)
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        }

    def workflow(self, workflow: str) -> Workflow:
        """The nodes as they stand. A workflow that is not deployed has none."""
        return read_nodes(workflow, self.files(workflow))

    def script_file(self, workflow: str, node: Node) -> Path:
        return self.folder / workflow / script_path(node)

    def write(self, workflow: str, files: Mapping[str, str]) -> None:
        """Put files in place, each whole. Raises InvalidInput for a path that leaves the folder."""
        targets = {self._target(workflow, path): text for path, text in files.items()}
        for target, text in targets.items():
            replace_text(target, text)

    def remove(self, workflow: str, paths: Iterable[str]) -> None:
        """Take files away, and folders that are empty then. Raises InvalidInput as `write` does."""
        root = (self.folder / workflow).resolve()
        for path in paths:
            target = self._target(workflow, path)
            target.unlink(missing_ok=True)
            for folder in target.parents:
                if folder == root or (folder.exists() and any(folder.iterdir())):
                    break
                if folder.exists():
                    folder.rmdir()

    def _target(self, workflow: str, path: str) -> Path:
        root = (self.folder / workflow).resolve()
        target = (root / path).resolve()
        if target == root or not target.is_relative_to(root):
            raise InvalidInput(f"{path!r} leaves the workflow's folder")
        return target


def _read(path: Path) -> str:
    """The text as it is: a line end that is translated on the way would show as an edit."""
    try:
        return path.read_bytes().decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(f"{path} is not UTF-8 text: {error.reason} at byte {error.start}") from error


def replace_text(path: Path, text: str) -> None:
    """Write the file whole or not at all, line ends as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_bytes(text.encode())
    beside.replace(path)


def replace_folder(final: Path, made: Path) -> None:
    """`made` takes the place of the folder that is there, if any."""
    old = final.with_name(f".{final.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    if final.exists():
        final.rename(old)
    made.rename(final)
    shutil.rmtree(old, ignore_errors=True)
