"""The ranking of a deployed solution and its trained models, looked up for `pairec rank`."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pairec_cli.domain.errors import DataError, InvalidInput, NotFound
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node, NodeKind
from pairec_cli.domain.runs import Backfill
from pairec_cli.domain.solution import Ranking
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow import backfilling
from pairec_cli.workflow.carrying import Listener
from pairec_cli.workflow.deployed_solutions import Deployed, deployed
from pairec_cli.workflow.ranking_service import ServedRanking, served_ranking, trained_days
from pairec_cli.workflow.workspace import Workspace

METRICS_FILE = "metrics.json"


@dataclass(frozen=True)
class TrainedRanking:
    """A deployed solution that ranks."""

    what: Deployed
    served: ServedRanking
    form: Ranking

    def table(self, part: str) -> TableName:
        """A table of the model, such as `label_table`."""
        names = TableNames(self.what.solution)
        return TableName(self.what.project, names.ranking(self.form.name, part))

    @property
    def training_set(self) -> TableName:
        return TableName(self.what.project, TableNames(self.what.solution).training_set(self.form.name))

    @property
    def days(self) -> list[str]:
        """Days of the trained models, oldest first."""
        return trained_days(self.served.folder)

    def folder(self, ds: str | None) -> Path:
        """The model of a day, the newest by default. Raises NotFound with the days that there are."""
        days = self.days
        if not days:
            raise NotFound("trained model", self.served.name, hint="pairec rank train")
        if ds is not None and ds not in days:
            raise NotFound(f"model {self.served.name} of", ds, days, hint=f"pairec rank train --ds {ds}")
        return self.served.folder / (ds or days[-1])

    def report(self, ds: str) -> dict[str, Any]:
        """How a day's training went. Raises DataError when the file is gone or damaged."""
        path = self.folder(ds) / METRICS_FILE
        try:
            found: dict[str, Any] = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise DataError(f"{path} cannot be read: {error}", hint=f"pairec rank train --ds {ds}") from error
        return found


def trained_ranking(workspace: Workspace, solution: str | None = None) -> TrainedRanking:
    """The ranking of the named solution, or the only one. Raises NotDeployed, InvalidInput without one."""
    what = deployed(workspace, solution)
    served = served_ranking(workspace, what.target)
    form = what.solution.ranks
    if served is None or form is None:
        raise InvalidInput(
            f"solution {what.solution.name!r} has no ranking",
            hint="pairec solution configure --ranking-model dbmtl, then pairec script generate",
        )
    return TrainedRanking(what, served, form)


def training_node(ranking: TrainedRanking) -> Node:
    """The node that trains. Raises NotFound when it was taken out by hand."""
    name = ranking.table("train").table
    found = next((node for node in ranking.what.nodes if node.name == name), None)
    if found is None or found.kind is not NodeKind.PAI_DLC:
        names = [node.name for node in ranking.what.nodes]
        raise NotFound("training node", name, names, hint="pairec deploy run")
    return found


def train(
    workspace: Workspace,
    ranking: TrainedRanking,
    ds: str | None,
    listener: Listener,
    *,
    device: str = "auto",
    dry_run: bool = False,
) -> Backfill | Sequence[str] | None:
    """Train the model of a day, up to date or not, and whatever it needs that is not up to date.

    A dry run gives the names of the tasks. Raises DataError when source tables lack days.
    """
    node = training_node(ranking)
    plan = backfilling.make_plan(workspace, ranking.what, first=ds, last=ds, force=True, task=node.name)
    if dry_run:
        return [task.node for task in plan.tasks]
    return backfilling.run_backfill(workspace, ranking.what, plan, listener, device=device)
