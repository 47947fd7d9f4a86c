"""The registry and the folder name the same components."""

from __future__ import annotations

import ast
from pathlib import Path

from pairec_cli import components
from pairec_cli.components.registry import COMPONENTS


def test_registry_and_folder_agree() -> None:
    folder = Path(components.__file__).parent
    classes = {
        f"pairec_cli.components.{path.stem}:{node.name}"
        for path in folder.glob("*.py")
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(part, ast.FunctionDef) and part.name == "input_columns" for part in node.body)
    }
    assert classes == set(COMPONENTS.entries.values())


def test_every_component_keeps_the_contract() -> None:
    for name in COMPONENTS:
        component = COMPONENTS.load(name)
        assert component.name == name
        assert component.Parameters.model_config["extra"] == "forbid"
        assert callable(component().input_columns)
