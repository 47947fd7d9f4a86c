"""What a recall method gives the workflow and the engine: the contract of every file in `recall/`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Protocol, runtime_checkable

from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import RecallConfig, Solution


class RecallMethod(Protocol):
    """One recall: configuration, the nodes it adds, what goes online, the engine's RecallConfs entry."""

    type_name: ClassVar[str]
    title: ClassVar[str]
    """One line for listings."""
    Config: ClassVar[type[RecallConfig]]
    is_fallback: ClassVar[bool]
    """Whether it answers only where the others fail, are late or fall short: the engine entry is then the
    scene's FallbackConfig."""

    def nodes(self, config: Any, solution: Solution) -> list[Node]:
        """Nodes in dependency order; the last writes the table that the engine reads."""
        ...

    def publications(self, config: Any, solution: Solution) -> list[Publication]:
        """The views that the sync node puts online."""
        ...

    def engine_conf(self, config: Any, solution: Solution) -> Mapping[str, Any]:
        """The RecallConfs entry, in PAI-Rec's keys."""
        ...


@runtime_checkable
class TrainedRecall(Protocol):
    """What a recall with a trained model has besides. `sizes` maps vocabularies to distinct values in the
    data, where they are counted; the sizes of the embeddings follow from it, in nodes and files alike."""

    def sized_nodes(self, config: Any, solution: Solution, sizes: Mapping[str, int]) -> list[Node]:
        """As `RecallMethod.nodes`."""
        ...

    def package_files(self, config: Any, solution: Solution, sizes: Mapping[str, int]) -> dict[str, str]:
        """Path in the package → text: `models/<solution>_<recall>/pipeline.config` and `features.json`."""
        ...
