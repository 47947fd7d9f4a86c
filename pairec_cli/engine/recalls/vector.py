"""VectorRecall: items whose vectors are nearest to the user's, over an index published in the workspace."""

from __future__ import annotations

import re
from typing import ClassVar

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.coercion import to_float
from pairec_cli.domain.errors import InvalidConfig, Problem
from pairec_cli.domain.sources import CONFIGURATION
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from pairec_cli.engine.recalls.conf import RecallConf
from pairec_cli.engine.recalls.lists import USER, Place, open_lists
from pairec_cli.online.vectors import Vectors

COLUMN = "embedding"
_SEPARATORS = re.compile(r"[\s,]+")


class VectorConf(RecallConf):
    """`recall_algo` names the index, where PAI-Rec names a FAISS service. DaoConf says where the users'
    vectors lie: `0.1,0.2,…` or `1:0.1 2:0.2 …`, in column `embedding` or the one that ItemIdField names; in
    Redis under the prefix and the user id."""

    recall_algo: str = ""


class VectorRecall:
    """score = inner product of the user's vector with the item's; the RecallCount best."""

    Config: ClassVar[type[VectorConf]] = VectorConf
    title: ClassVar[str] = "nearest vectors"

    def __init__(self, name: str, config: VectorConf, resources: Resources) -> None:
        if not config.recall_algo:
            raise InvalidConfig(CONFIGURATION, [Problem("RecallAlgo", "is missing: name the vector index")])
        self.name, self.count, self.item_type = name, config.recall_count, config.item_type
        self.algorithm = config.recall_algo
        place = Place(USER, config.dao_conf.item_id_field or COLUMN)
        self.users = open_lists("DaoConf", config.dao_conf, place, resources)
        self.remote = self.users.remote
        self.vectors = Vectors(resources.vectors)

    def load(self) -> None:
        self.vectors.index(self.algorithm)

    def recall(self, context: RequestContext) -> Recalled:
        text, reason = self.users.one(context.uid)
        if not text:
            return Recalled((), reason)
        vector = vector_of(text)
        if vector is None:
            return Recalled((), "the user's vector cannot be read")
        index = self.vectors.index(self.algorithm)
        found = index.search(vector, self.count)
        if index.doubt:
            context.notes.append(index.doubt)
        items = [Item(id, score, self.name, self.item_type) for id, score in found]
        if items:
            return Recalled(items)
        return Recalled((), "RecallCount is 0" if self.count == 0 else "the index is empty")


def vector_of(text: str) -> list[float] | None:
    """The numbers of a text, in its order, with or without `place:` before each; None for other texts."""
    pieces = [piece.rpartition(":")[2] for piece in _SEPARATORS.split(text.strip("[] \t\n")) if piece]
    numbers = [to_float(piece, None) for piece in pieces]
    known = [number for number in numbers if number is not None]
    return known if known and len(known) == len(numbers) else None
