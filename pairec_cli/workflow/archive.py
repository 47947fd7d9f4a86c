"""`package.zip`: the form that DataWorks' Migration Assistant imports, written the same for the same content.

<name>/SPEC.FORMAT                                         empty marker
<name>/DataStudio/Business Flow/<workflow>/…               one folder per node
<name>/PaiRec/engine.json, solution.yaml                   what the engine serves, what it was made from
<name>/PaiRec/models/<model>/pipeline.config, …            what a model is made of
"""

from __future__ import annotations

import io
import json
import re
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import PurePosixPath

from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.package import Node, NodeKind, Package, Workflow
from pairec_cli.workflow.flowspec import FORMS, SCHEDULE_SUFFIX, from_flowspec

OWN_FOLDER = "PaiRec"
ENGINE_FILE = f"{OWN_FOLDER}/engine.json"
SOLUTION_FILE = f"{OWN_FOLDER}/solution.yaml"
MODELS_FOLDER = f"{OWN_FOLDER}/models"
FLOW_FOLDER = "DataStudio/Business Flow"
_EPOCH = (1980, 1, 1, 0, 0, 0)
_MARKER = "SPEC.FORMAT"
# What zipfile raises for damage, for encryption, and for a compression that it does not know.
_UNREADABLE = (zipfile.BadZipFile, UnicodeDecodeError, EOFError, RuntimeError, zlib.error)


def pack(package: Package) -> bytes:
    """The package as zip bytes; equal packages give equal bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, f"{package.name}/{_MARKER}", "")
        for path in sorted(package.files):
            _add(archive, f"{package.name}/{path}", package.files[path])
    return buffer.getvalue()


def _add(archive: zipfile.ZipFile, path: str, text: str) -> None:
    info = zipfile.ZipInfo(path, _EPOCH)
    info.compress_type = zipfile.ZIP_DEFLATED
    info.external_attr = 0o644 << 16
    archive.writestr(info, text.encode())


def unpack(data: bytes, address: str) -> Package:
    """Zip bytes as a package. Raises InvalidInput when it is no package or a path leaves its folder."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {
                name: archive.read(name).decode() for name in archive.namelist() if not name.endswith("/")
            }
    except _UNREADABLE as error:
        raise InvalidInput(f"{address} is not a package: {error}", hint="pairec script generate") from error
    tops = {_safe(name, address).parts[0] for name in files}
    top = tops.pop() if len(tops) == 1 else ""
    if f"{top}/{_MARKER}" not in files:
        raise InvalidInput(
            f"{address} is not a DataWorks package (no {_MARKER} in one top folder)",
            hint="pairec script generate",
        )
    inner = {name.removeprefix(f"{top}/"): text for name, text in files.items()}
    del inner[_MARKER]
    return Package(top, read_workflow(inner, address), inner)


def _safe(name: str, address: str) -> PurePosixPath:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise InvalidInput(f"{address} holds an unsafe path: {name!r}")
    return path


def read_workflow(files: Mapping[str, str], address: str) -> Workflow:
    """The one workflow below `DataStudio/Business Flow`. Raises InvalidInput unless there is exactly one."""
    prefix = f"{FLOW_FOLDER}/"
    flow = {path[len(prefix) :]: text for path, text in files.items() if path.startswith(prefix)}
    names = sorted({path.split("/")[0] for path in flow})
    if len(names) != 1:
        raise InvalidInput(f"{address} holds {len(names)} workflows; one is expected")
    name = names[0]
    return read_nodes(name, {path[len(name) + 1 :]: text for path, text in flow.items()})


def read_nodes(name: str, files: Mapping[str, str]) -> Workflow:
    """A workflow from the files of its folder, nodes sorted by name."""
    nodes = []
    for path, text in sorted(files.items()):
        if not path.endswith(SCHEDULE_SUFFIX):
            continue
        stem = path.removesuffix(SCHEDULE_SUFFIX)
        code = next(
            (files[stem + form.extension] for form in FORMS.values() if stem + form.extension in files), None
        )
        if code is None:
            raise InvalidInput(f"{path} has no code file beside it", hint="pairec script generate")
        try:
            document = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidInput(f"{path} is not JSON: {error}", hint="pairec script generate") from error
        node = from_flowspec(document, code, path)
        nodes.append(
            replace(node, resources=_resources(node, files)) if node.kind is NodeKind.PAI_DLC else node
        )
    return Workflow(name, tuple(nodes))


def _resources(node: Node, files: Mapping[str, str]) -> dict[str, str]:
    """The files of the models that the node's script names, as `…/models/<model>/pipeline.config`."""
    named = set(re.findall(r"/models/(\w+)/[\w.]+\.config\b", node.script))
    return {path: text for path, text in files.items() if path.rpartition("/")[0] in _folders(named)}


def _folders(models: set[str]) -> set[str]:
    return {f"{MODELS_FOLDER}/{model}" for model in models}
