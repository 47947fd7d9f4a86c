"""PDN recall: items over two-hop paths, each as strong as its trigger and the likeness beyond (tutorial step
5.4; Li et al., SIGIR 2021, arXiv 2105.08246; EasyRec's PDN).

The similarity net reads a trigger and an item alone, so the lists of similar items are made for all users at
once; the trigger net reads the user and the trigger. A user's list is Σ_j T_j S_j, as of every u2i recall.
The direct and the bias net take from the paths, in training, what a user likes of an item without any; lists
leave them out.

Tables, each `<solution>_<recall>_<part>_v1`:

    paths, paths_train, hops, met, samples, vocabulary, fg_encoded, fg_encoded_eval, users, pairs
                                see path_samples.py
    train, trigger_out, sim_out the training: its metrics, and what the two nets tell
    i2i, trigger, (no part)     S, T, and the users' lists
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pairec_cli.domain.package import Node, Publication
from pairec_cli.domain.solution import Solution
from pairec_cli.recall import u2i
from pairec_cli.recall.path_form import PDNRecallConfig, features
from pairec_cli.recall.path_lists import similar_node, trigger_node
from pairec_cli.recall.path_samples import path_nodes
from pairec_cli.recall.path_training import package_files, train_node


class PDN:
    """Paths to two nets to lists; the lists and what explains them go online; one UserCustomRecall entry."""

    type_name: ClassVar[str] = "pdn"
    title: ClassVar[str] = "PDN: items over paths, by the strength of trigger and likeness"
    Config: ClassVar[type[PDNRecallConfig]] = PDNRecallConfig
    is_fallback: ClassVar[bool] = False
    trainer: ClassVar[str] = "paths"

    def nodes(self, config: PDNRecallConfig, solution: Solution) -> list[Node]:
        return self.sized_nodes(config, solution, {})

    def sized_nodes(
        self, config: PDNRecallConfig, solution: Solution, sizes: Mapping[str, int]
    ) -> list[Node]:
        return [
            *path_nodes(config, solution, features(config, solution, sizes)),
            train_node(config, solution),
            similar_node(config, solution),
            trigger_node(config, solution),
            u2i.u2i_node(config, solution),
        ]

    def package_files(
        self, config: PDNRecallConfig, solution: Solution, sizes: Mapping[str, int]
    ) -> dict[str, str]:
        return package_files(config, solution, features(config, solution, sizes))

    def publications(self, config: PDNRecallConfig, solution: Solution) -> list[Publication]:
        return u2i.publications(config, solution)

    def engine_conf(self, config: PDNRecallConfig, solution: Solution) -> Mapping[str, Any]:
        return u2i.engine_conf(config, solution)
