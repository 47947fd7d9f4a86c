"""What the stages of the online engine promise each other.

A filter or sort is a class with a `Config` (a Record; its fields are the JSON keys of the stage's
entry beyond `Name` and the type) and the constructor `(name, config, resources)`. The engine decodes the
entry, so a stage never sees raw JSON.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar, NamedTuple, Protocol, runtime_checkable

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.requests import RecommendRequest
from pairec_cli.domain.sources import NoSources, Sources

if TYPE_CHECKING:
    from random import Random

Value = str | int | float | None


class FeatureReader(Protocol):
    """Reads of published views. All raise NotFound for a view that is not published."""

    def get(self, view: str, key: str) -> dict[str, Value] | None: ...

    def get_many(self, view: str, keys: Iterable[str]) -> dict[str, dict[str, Value]]: ...

    def keys(self, view: str) -> list[str]: ...

    def edition(self, view: str) -> str | None:
        """Another name each time the view is published; None for a store that does not tell."""


class Resources(Record):
    """What a stage may be built from: the data sources of the configuration."""

    features: FeatureReader
    feature_stores: frozenset[str] = frozenset()
    """Names in FeatureStoreConfs; all of them are the embedded FeatureDB."""
    sources: Sources = NoSources()
    """Exposures, lists and rows in the configured data sources."""
    filters: Mapping[str, Filter] = {}
    """Every configured filter by name, for filters that run others. Filled after they are built: to be looked
    into at request time only."""
    sorts: Mapping[str, Sort] = {}
    """Every configured sort by name, in the same way."""
    models: str = ""
    """The folder of the ranking models."""
    vectors: str = ""
    """The folder of the published vector indexes."""


class RequestContext:
    """One request on its way. `user` holds the user's properties: `uid`, the request's features and what the
    user views gave. `random` is the source of chance for stages that shuffle; None is the system's, a
    seeded one makes a request repeatable. In `notes` a stage says what went wrong while it went on; `ran` are
    the filters that took part and want to know it afterwards, `scores` the algorithm scores worth showing."""

    __slots__ = ("notes", "ran", "random", "request", "scores", "uid", "user")

    def __init__(
        self, request: RecommendRequest, user: dict[str, object], random: Random | None = None
    ) -> None:
        self.request = request
        self.uid = request.uid
        self.user = user
        self.random = random
        self.notes: list[str] = []
        self.ran: set[str] = set()
        self.scores: tuple[str, ...] = ()


class Recalled(NamedTuple):
    """A recall's candidates; `reason` says why there are none."""

    items: Sequence[Item]
    reason: str = ""


class Recall(Protocol):
    """A source of candidates. `remote` sources wait for a network and run side by side; `title` names the
    kind of recall in messages to people. An exception counts as no candidates."""

    name: str
    title: str
    remote: bool

    def recall(self, context: RequestContext) -> Recalled: ...


@runtime_checkable
class Loading(Protocol):
    """A recall or rank stage that loads a model or an index with the first request that needs it."""

    def load(self) -> None:
        """Load it before. Raises PairecError when it cannot be loaded, which the request would meet too."""
        ...


class Filter(Protocol):
    """Takes candidates away, or reorders them. May change the items; gives back a list of its own or the
    input. `drops` says, to people, why it takes one away."""

    name: str
    drops: ClassVar[str]

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]: ...


@runtime_checkable
class Aftermath(Protocol):
    """A stage that has something to do once the answer is fixed, in whatever scene it was given: a filter
    that remembers what was shown."""

    def after_answer(self, items: Sequence[Item], context: RequestContext) -> None:
        """`items` are those of the answer. Raises PairecError when it fails."""


class Sort(Protocol):
    """Puts candidates in order. Neither adds nor drops items unless its type is defined to."""

    name: str

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]: ...


class NoConfig(Record):
    """The Config of a stage without keys of its own."""
