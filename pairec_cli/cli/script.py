"""`pairec script`: step 5.6 of the tutorial."""

from __future__ import annotations

import typer

from pairec_cli.cli.options import DryRun, Format, Solution, open_project
from pairec_cli.cli.render import Format as FormatName
from pairec_cli.cli.render import emit, next_step, notice
from pairec_cli.domain.package import Package
from pairec_cli.workflow import generating

app = typer.Typer()


@app.command()
def generate(
    context: typer.Context,
    solution: Solution = None,
    format: Format = FormatName.TABLE,
    dry_run: DryRun = False,
) -> None:
    """Generate the deployment script: workflow, nodes, scripts and engine configuration as one package.

    It is written to oss://<bucket>/algoconfig/plan/<unix time>/package.zip. The same solution generated again
    is the same package.
    """
    project = open_project(context)
    if dry_run:
        package = generating.compiled(project, solution)
        _list(package, format)
        notice(f"would write {len(package.files)} files")
        return
    made = generating.generate(project, solution)
    _list(made.package, format)
    notice(
        f"{made.record.package} {'is unchanged' if made.reused else 'is written'}, record {made.record.id}"
    )
    next_step("pairec deploy preview")


def _list(package: Package, format: FormatName) -> None:
    rows = [
        {
            "node": node.name,
            "kind": node.kind.value,
            "inputs": list(node.inputs),
            "outputs": list(node.outputs),
            "description": node.description,
        }
        for node in package.workflow.nodes
    ]
    columns, brief = ("node", "kind", "description"), ("node", "kind")
    emit(rows, columns=columns, brief=brief, format=format, title=package.workflow.name)
