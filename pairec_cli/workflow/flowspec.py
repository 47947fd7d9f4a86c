"""Nodes as DataWorks FlowSpec documents and back: one `<node>.schedule.json` and one code file per node.

The shape is the flat layout of FlowSpec 1.1.0 (`spec.nodes` + `spec.flow`) with the keys that DataWorks' own
reader looks for (`data` and `output` of a node output). The code lives in its file and is not repeated in
the document: the script file is the truth.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.fingerprints import of_text
from pairec_cli.domain.package import Node, NodeKind, Recurrence


@dataclass(frozen=True)
class NodeForm:
    """How DataWorks stores a kind of node: file extension, folder inside the workflow, language, engine."""

    extension: str
    folder: str
    language: str
    engine: str


FORMS: dict[NodeKind, NodeForm] = {
    NodeKind.ODPS_SQL: NodeForm(".sql", "MaxCompute/Data Analytics", "odps-sql", "MaxCompute"),
    NodeKind.PYODPS3: NodeForm(".py", "MaxCompute/Data Analytics", "python3", "MaxCompute"),
    NodeKind.VIRTUAL: NodeForm(".vi", "General", "", "General"),
    NodeKind.PAI_DLC: NodeForm(".pai.dlc.sh", "Algorithm", "shell", "Algorithm"),
}

SCHEDULE_SUFFIX = ".schedule.json"
_CRON = "00 00 00 * * ?"
_ALWAYS = ("1970-01-01 00:00:00", "9999-01-01 00:00:00")


def script_path(node: Node) -> str:
    """Path of the node's code inside its workflow's folder."""
    form = FORMS[node.kind]
    return f"{form.folder}/{node.name}/{node.name}{form.extension}"


def schedule_path(node: Node) -> str:
    """Path of the node's FlowSpec document inside its workflow's folder."""
    return f"{FORMS[node.kind].folder}/{node.name}/{node.name}{SCHEDULE_SUFFIX}"


def node_files(node: Node, workflow: str, timezone: str = "UTC") -> dict[str, str]:
    """The node's two files, by path inside the workflow's folder."""
    document = json.dumps(to_flowspec(node, workflow, timezone), indent=2, ensure_ascii=False) + "\n"
    return {script_path(node): node.script, schedule_path(node): document}


def to_flowspec(node: Node, workflow: str, timezone: str = "UTC") -> dict[str, Any]:
    """The document of one node; its `flow` names what it waits for."""
    form = FORMS[node.kind]
    identity = of_text(workflow, node.name)
    spec_node = {
        "id": identity,
        "name": node.name,
        "description": node.description,
        "recurrence": str(node.recurrence),
        "priority": 1,
        "timeout": 0,
        "instanceMode": "T+1",
        "rerunMode": "Allowed",
        "rerunTimes": 3,
        "rerunInterval": 180000,
        "script": {
            "id": f"script_{identity}",
            "path": f"Business Flow/{workflow}/{form.folder}/{node.name}",
            "language": form.language,
            "runtime": {"engine": form.engine, "command": str(node.kind)},
            "parameters": [_variable(node, name, value) for name, value in node.parameters.items()],
        },
        "trigger": {
            "id": f"daily_{identity}",
            "type": "Scheduler",
            "cron": _CRON,
            "startTime": _ALWAYS[0],
            "endTime": _ALWAYS[1],
            "timezone": timezone,
            "delaySeconds": 0,
        },
        "inputs": {"nodeOutputs": [_output(name, node.name) for name in (*node.inputs, *node.upstream)]},
        "outputs": {"nodeOutputs": [_output(name, node.name) for name in _own_outputs(node)]},
    }
    waits = [{"type": "Normal", "output": name} for name in (*node.inputs, *node.upstream)]
    flow = [{"nodeId": identity, "depends": waits}] if waits else []
    return {
        "version": "1.1.0",
        "kind": "CycleWorkflow",
        "metadata": {"owner": "pairec", "workflow": workflow},
        "spec": {"nodes": [spec_node], "flow": flow},
    }


def from_flowspec(document: Mapping[str, Any], script: str, path: str) -> Node:
    """The node of one document and its code. Raises InvalidConfig naming what is missing."""
    try:
        spec = document["spec"]
        node = spec["nodes"][0]
        outputs = [item["output"] for item in node["outputs"]["nodeOutputs"]]
        tables = tuple(name for name in outputs if "." in name)
        waits = [item["output"] for item in node["inputs"].get("nodeOutputs", [])]
        return Node(
            name=node["name"],
            kind=NodeKind(node["script"]["runtime"]["command"]),
            script=script,
            inputs=tuple(name for name in waits if "." in name),
            outputs=tables,
            parameters={item["name"]: item["value"] for item in node["script"].get("parameters", [])},
            recurrence=Recurrence(node.get("recurrence", "Normal")),
            description=node.get("description", ""),
            upstream=tuple(name for name in waits if "." not in name),
        )
    except (KeyError, IndexError, TypeError, ValueError) as error:
        problem = Problem(path, f"is not a FlowSpec node: {error}")
        raise InvalidConfig("schedule file", [problem], hint="pairec script generate") from error


def dump(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def check_workflow(nodes: Iterable[Node], external: Iterable[str]) -> list[Problem]:
    """The rules DataWorks' reader keeps: outputs unique, every dependency known or external, no cycle."""
    nodes = list(nodes)
    problems: list[Problem] = []
    producer: dict[str, str] = {}
    for node in nodes:
        for output in _own_outputs(node):
            if output in producer:
                problems.append(Problem(node.name, f"{output} is also written by {producer[output]}"))
            producer[output] = node.name
    known = {*producer, *external}
    for node in nodes:
        problems.extend(
            Problem(node.name, f"waits for {name}, which nothing provides")
            for name in (*node.inputs, *node.upstream)
            if name not in known
        )
    if not problems:
        try:
            ordered(nodes)
        except InvalidConfig as error:
            problems.extend(error.problems)
    return problems


def ordered(nodes: Iterable[Node]) -> list[Node]:
    """Nodes so that each comes after those it reads from; raises InvalidConfig on a cycle."""
    waiting = {node.name: node for node in nodes}
    producer = {output: node.name for node in waiting.values() for output in _own_outputs(node)}
    needs = {
        name: {producer[i] for i in (*node.inputs, *node.upstream) if i in producer} - {name}
        for name, node in waiting.items()
    }
    result: list[Node] = []
    while waiting:
        ready = [name for name in waiting if not needs[name] & waiting.keys()]
        if not ready:
            names = ", ".join(sorted(waiting))
            raise InvalidConfig("workflow", [Problem("nodes", f"these wait for each other: {names}")])
        result.extend(waiting.pop(name) for name in ready)
    return result


def _own_outputs(node: Node) -> tuple[str, ...]:
    """What others may wait for: the node's tables and the node's own name."""
    return (*node.outputs, node.name)


def _output(name: str, node: str) -> dict[str, str]:
    return {
        "artifactType": "NodeOutput",
        "data": name,
        "output": name,
        "refTableName": name.split(".")[-1] or node,
    }


def _variable(node: Node, name: str, value: str) -> dict[str, str]:
    return {
        "artifactType": "Variable",
        "id": of_text(node.name, name),
        "name": name,
        "scope": "NodeParameter",
        "type": "System" if value.startswith("$") else "Constant",
        "value": value,
    }
