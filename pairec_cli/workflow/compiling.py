"""A solution compiled to the package that PAI-Rec deploys."""

from __future__ import annotations

from collections.abc import Mapping

from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, Package, Publication, Workflow
from pairec_cli.domain.recall import TrainedRecall
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableRole
from pairec_cli.features.nodes import feature_nodes
from pairec_cli.ranking.samples import sample_nodes
from pairec_cli.ranking.train_node import package_files, train_node
from pairec_cli.recall.registry import RECALLS
from pairec_cli.workflow import engine_config, ranking_publications
from pairec_cli.workflow.archive import ENGINE_FILE, FLOW_FOLDER, OWN_FOLDER, SOLUTION_FILE
from pairec_cli.workflow.flowspec import check_workflow, node_files, ordered
from pairec_cli.workflow.sync import sync_node
from pairec_cli.workflow.windows import Read, as_written, node_tables


def compile_nodes(solution: Solution, region: str, sizes: Mapping[str, int] | None = None) -> list[Node]:
    """Every node of the solution, each after those it reads from. `sizes` as in `model_features`."""
    nodes = feature_nodes(solution)
    for recall in solution.enabled_recalls:
        method = RECALLS.load(recall.type)()
        trained = isinstance(method, TrainedRecall)
        nodes += (
            method.sized_nodes(recall, solution, sizes or {}) if trained else method.nodes(recall, solution)
        )
    if solution.ranks is not None:
        nodes += [*sample_nodes(solution, sizes), train_node(solution)]
    nodes.append(sync_node(solution, publications(solution), region))
    return ordered(nodes)


def publications(solution: Solution) -> list[Publication]:
    """What goes online: the user features, each recall's tables, and what the ranking reads besides."""
    names = TableNames(solution)
    table = names.all_feat(TableRole.USER)
    tables = solution.data_tables.user
    shown = (*tables.categorical, *tables.numeric, *tables.tags)
    columns = tuple(dict.fromkeys((*shown, *ranking_publications.user_columns(solution))))
    found = [Publication(table, table, names.user_id, columns, solution.environment.user_entity)]
    for recall in solution.enabled_recalls:
        found.extend(RECALLS.load(recall.type)().publications(recall, solution))
    return found + ranking_publications.publications(solution)


def compile_solution(
    solution: Solution,
    document: str,
    *,
    region: str,
    timezone: str,
    read: Read = node_tables,
    sizes: Mapping[str, int] | None = None,
) -> Package:
    """The package of a solution; `document` is the text it was written as. `read` reads a script's tables,
    `sizes` are the vocabularies' numbers of values where they were counted.

    Raises InvalidConfig when its nodes do not form a workflow, or declare other tables than they name.
    """
    nodes = compile_nodes(solution, region, sizes)
    names = TableNames(solution)
    external = [str(names.source(role)) for role in TableRole]
    problems = check_workflow(nodes, external) + _undeclared(nodes, names.project, read)
    if problems:
        raise InvalidConfig("workflow", problems, hint="pairec solution validate")
    flow = solution.environment.workflow
    files = {
        f"{FLOW_FOLDER}/{flow}/{path}": text
        for node in nodes
        for path, text in node_files(node, flow, timezone).items()
    }
    if solution.ranks is not None:
        files |= {f"{OWN_FOLDER}/{path}": text for path, text in package_files(solution, sizes).items()}
    files |= {f"{OWN_FOLDER}/{path}": text for path, text in _model_files(solution, sizes or {}).items()}
    files[ENGINE_FILE] = engine_config.dump(engine_config.engine_config(solution, region))
    files[SOLUTION_FILE] = document
    return Package(f"pairec_{solution.name}", Workflow(flow, tuple(nodes)), files)


def _model_files(solution: Solution, sizes: Mapping[str, int]) -> dict[str, str]:
    """The files of the recalls' models."""
    found: dict[str, str] = {}
    for recall in solution.enabled_recalls:
        method = RECALLS.load(recall.type)()
        if isinstance(method, TrainedRecall):
            found |= method.package_files(recall, solution, sizes)
    return found


def _undeclared(nodes: list[Node], project: str, read: Read) -> list[Problem]:
    """Dependencies that a node declares and its script does not have, or the other way round."""
    problems = []
    for node in nodes:
        written = as_written(node, read(node, project))
        for what, declared, real in (
            ("reads", set(node.inputs), set(written.inputs)),
            ("writes", set(node.outputs), set(written.outputs)),
        ):
            problems += [
                Problem(node.name, f"declares that it {what} {table}, its script does not")
                for table in sorted(declared - real)
            ]
            problems += [
                Problem(node.name, f"its script {what} {table}, which it does not declare")
                for table in sorted(real - declared)
            ]
    return problems
