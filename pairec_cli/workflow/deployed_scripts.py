"""The scripts as they stand in a DataWorks workspace: these files run, and these a user edits.

dataworks/<workspace>/<workflow>/<engine>/<label>/<node>/<node>.sql
"""

from __future__ import annotations

import os
from collections.abc import Mapping
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
        """Every file of a workflow by its path inside its folder; empty when it is not deployed."""
        root = self.folder / workflow
        if not root.is_dir():
            return {}
        return {
            path.relative_to(root).as_posix(): path.read_text()
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
        root = (self.folder / workflow).resolve()
        for path, text in files.items():
            target = (root / path).resolve()
            if not target.is_relative_to(root):
                raise InvalidInput(f"{path!r} leaves the workflow's folder")
            replace_text(target, text)

    def remove(self, workflow: str, paths: list[str]) -> None:
        root = self.folder / workflow
        for path in paths:
            target = root / path
            target.unlink(missing_ok=True)
            for folder in target.parents:
                if folder == root or any(folder.iterdir()):
                    break
                folder.rmdir()


def replace_text(path: Path, text: str) -> None:
    """Write the file whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    beside.write_text(text)
    beside.replace(path)
