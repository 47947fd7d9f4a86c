"""The house: floors, and stairs only downward. Every import is read from the source, hidden ones included."""

from __future__ import annotations

import ast
import importlib
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from pairec_cli.cli.main import COMMANDS
from pairec_cli.domain.registry import Registry

REPOSITORY = Path(__file__).parents[1]
PACKAGE = REPOSITORY / "pairec_cli"
FILE_CAP, FUNCTION_CAP = 500, 60

WORDS = {"domain"}
STORES = {"control", "warehouse", "online"}
STAGES = {
    "features",
    "recall",
    "ranking",
    "components",
    "filters",
    "sorting",
    "evaluation",
    "datagen",
}
USE_CASES = {"workflow", "engine"}
DOORS = {"cli", "server", "__main__"}

MAY_IMPORT: dict[str, set[str]] = {
    "domain": set(),
    **dict.fromkeys(STORES | STAGES, WORDS),
    "recall": WORDS | {"features", "ranking"},
    "ranking": WORDS | {"features"},
    "components": WORDS | {"evaluation"},
    "workflow": WORDS | STORES | (STAGES - {"filters", "sorting"}),
    "engine": WORDS | {"online", "filters", "sorting"},
    "project": WORDS | STORES | STAGES | USE_CASES,
    "cli": WORDS | USE_CASES | {"project", "server"},  # `pairec serve` opens the other door
    "server": WORDS | USE_CASES | {"project"},
    "__main__": {"cli"},
}
DOMAIN_LIBRARIES = {"numpy", "pydantic", "pydantic_core"}
LATE = {
    ("pairec_cli.control.migration", "alembic"): "only a database that is new or behind needs it",
    ("pairec_cli.engine.fallback", "concurrent"): "a scene without a time limit starts no thread",
    ("pairec_cli.engine.recalling", "concurrent"): "a request with one recall starts no thread",
}
"""Imports inside functions outside the doors, each with its reason."""
MIRRORED = ("filters", "sorting", "recall", "components", "engine/recalls", "cli")
FORBIDDEN_NAMES = re.compile(r"utils?|helpers?|commons?|managers?|(?!dcn_v2)\w*v2", re.IGNORECASE)
"""DCN-v2 is the published name of a model, not a second version of ours."""
DOTTED = re.compile(r"pairec_cli(\.\w+)+(:\w+)?")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def name_of(path: Path) -> str:
    parts = path.relative_to(REPOSITORY).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def floor_of(module: str) -> str:
    """`pairec_cli.engine.recalls.conf` → `engine`; the package itself is ""."""
    return module.split(".")[1] if "." in module else ""


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def docstrings(tree: ast.Module) -> set[ast.Constant]:
    """Bare strings: docstrings of modules, classes, functions and attributes."""
    return {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }


def imports_of(tree: ast.AST, module: str) -> Iterator[tuple[str, int]]:
    """Every imported module and its line; `from package import name` means the module `name` if it is one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}:{node.lineno}: relative imports hide where a stair leads"
            base = node.module or ""
            for alias in node.names:
                inner = f"{base}.{alias.name}"
                yield (inner if inner in OURS else base), node.lineno


def strings_of(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Every dotted path of ours that stands as a string: what registries and tables import on first use."""
    prose = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in prose:
            target = node.value.partition(":")[0]
            if DOTTED.fullmatch(node.value):
                yield target, node.lineno


OURS = {name_of(path): path for path in modules()}


def floors() -> set[str]:
    return {floor_of(name) for name in OURS} - {""}


def test_hidden_imports_are_seen() -> None:
    source = (
        "def f():\n    from pairec_cli import cli\nx = 'pairec_cli.cli.main:main'\n'pairec_cli.cli.render'\n"
    )
    tree = ast.parse(source)
    assert list(imports_of(tree, "x")) == [("pairec_cli.cli", 2)]
    assert list(strings_of(tree)) == [("pairec_cli.cli.main", 3)]


def test_every_floor_is_in_the_table() -> None:
    assert floors() <= set(MAY_IMPORT)


def test_stairs_lead_only_downward() -> None:
    wrong = []
    for module, path in OURS.items():
        floor, tree = floor_of(module), tree_of(path)
        allowed = MAY_IMPORT.get(floor, set()) | {floor, ""}
        for target, line in [*imports_of(tree, module), *strings_of(tree)]:
            if target.split(".")[0] == "pairec_cli" and floor_of(target) not in allowed:
                wrong.append(f"{module}:{line} imports {target}")
    assert wrong == []


def test_the_table_itself_has_no_way_up() -> None:
    order = [
        {"domain"},
        STORES | STAGES - {"recall", "ranking", "components"},
        {"ranking", "components"},
        {"recall"},
        USE_CASES,
        {"project"},
    ]
    order += [{"server"}, {"cli"}, {"__main__"}]
    level = {floor: height for height, group in enumerate(order) for floor in group}
    assert set(level) == set(MAY_IMPORT)
    for floor, targets in MAY_IMPORT.items():
        assert all(level[target] < level[floor] for target in targets), floor


def test_modules_import_each_other_without_a_circle() -> None:
    graph = {
        module: {t for t, _ in imports_of(tree_of(path), module) if t in OURS and t != module}
        for module, path in OURS.items()
    }
    done: set[str] = set()

    def walk(module: str, trail: list[str]) -> None:
        assert module not in trail, " → ".join([*trail[trail.index(module) :], module])
        if module not in done:
            for target in sorted(graph[module]):
                walk(target, [*trail, module])
            done.add(module)

    for module in graph:
        walk(module, [])


def test_imports_inside_functions_only_keep_doors_light() -> None:
    found = set()
    for module, path in OURS.items():
        if floor_of(module) in DOORS | {"project"}:
            continue
        for node in ast.walk(tree_of(path)):
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                found |= {(module, target.split(".")[0]) for target, _ in imports_of(node, module)}
    assert found == set(LATE)
    assert not any(library == "pairec_cli" for _, library in LATE)


def test_words_need_no_heavy_library() -> None:
    allowed = sys.stdlib_module_names | DOMAIN_LIBRARIES | {"pairec_cli"}
    wrong = [
        f"{module}:{line} imports {target}"
        for module, path in OURS.items()
        if floor_of(module) == "domain"
        for node in tree_of(path).body
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
        for target, line in imports_of(node, module)
        if target.split(".")[0] not in allowed
    ]
    assert wrong == []


def registries() -> Iterator[tuple[str, Registry]]:
    for module in OURS:
        if module.endswith(".registry") and module != "pairec_cli.domain.registry":
            found = [v for v in vars(importlib.import_module(module)).values() if isinstance(v, Registry)]
            assert found, f"{module} holds no Registry"
            yield from ((module, registry) for registry in found)


def defines(path: Path, attribute: str) -> bool:
    for node in tree_of(path).body:
        if isinstance(node, (ast.ClassDef, ast.FunctionDef)) and node.name == attribute:
            return True
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        if any(isinstance(target, ast.Name) and target.id == attribute for target in targets):
            return True
    return False


def test_every_registered_name_leads_to_a_file_of_its_folder() -> None:
    for module, registry in registries():
        folder = module.removesuffix(".registry")
        for name, path in registry.entries.items():
            target, _, attribute = path.partition(":")
            assert target.rpartition(".")[0] == folder, f"{registry.kind} {name} lives outside {folder}"
            assert target in OURS, f"{registry.kind} {name}: there is no {target}"
            assert defines(OURS[target], attribute), f"{registry.kind} {name}: {target} has no {attribute}"


def test_every_file_of_a_registry_folder_is_registered_or_used() -> None:
    used = {t for module, path in OURS.items() for t, _ in imports_of(tree_of(path), module) if t != module}
    for module in {module for module, _ in registries()}:
        folder = module.removesuffix(".registry")
        paths = [p for m, registry in registries() if m == module for p in registry.entries.values()]
        registered = {path.partition(":")[0] for path in paths}
        inside = {m for m in OURS if m.rpartition(".")[0] == folder and OURS[m].name != "__init__.py"}
        assert inside - registered - used - {module} == set(), f"{folder}: neither registered nor used"


def test_every_command_is_in_the_table_and_every_entry_is_a_command() -> None:
    applications = {
        module for module, path in OURS.items() if floor_of(module) == "cli" and defines(path, "app")
    }
    assert {entry.module for entry in COMMANDS.values()} == applications


def test_files_and_functions_stay_small() -> None:
    wrong = []
    for folder in ("pairec_cli", "tests", "benchmarks"):
        for path in sorted((REPOSITORY / folder).rglob("*.py")):
            where = path.relative_to(REPOSITORY)
            lines = len(path.read_text(encoding="utf-8").splitlines())
            if lines > FILE_CAP:
                wrong.append(f"{where}: {lines} lines")
            for node in ast.walk(tree_of(path)):
                if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
                    length = (node.end_lineno or node.lineno) - node.lineno + 1
                    if length > FUNCTION_CAP:
                        wrong.append(f"{where}:{node.lineno} {node.name}: {length} lines")
    assert wrong == []


def test_names_say_what_things_are() -> None:
    wrong = []
    for module, path in OURS.items():
        wrong += [module for part in module.split(".") if FORBIDDEN_NAMES.fullmatch(part)]
        for node in ast.walk(tree_of(path)):
            if isinstance(node, ast.ClassDef) and re.search(r"Util|Helper|Manager|V2$", node.name):
                wrong.append(f"{module}:{node.lineno} {node.name}")
    assert wrong == []


@pytest.mark.parametrize("folder", MIRRORED)
def test_every_module_has_its_test_file(folder: str) -> None:
    missing = [
        str(path.relative_to(PACKAGE))
        for path in sorted((PACKAGE / folder).glob("*.py"))
        if path.stem not in ("__init__", "registry")
        and not (REPOSITORY / "tests" / folder / f"test_{path.stem}.py").exists()
    ]
    assert missing == []
