"""The solution: one typed, versioned document holding every field of PAI-Rec's solution forms.

Field names are the forms' (Best Practices for Customizing Recommendation Algorithms, steps 5.1-5.5), in
snake case. Recall entries are typed by their method's own file: see `parse_solution`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic.fields import FieldInfo

from pairec_cli.domain.errors import InvalidConfig, NotFound, Problem, nearest

Identifier = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$", max_length=64)]


def _split(value: object) -> object:
    """Lists may be written as the forms do: `3,7,15`."""
    if isinstance(value, str):
        return [part.strip() for part in re.split(r"[,|]", value) if part.strip()]
    if isinstance(value, int):
        return [value]
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_split)]
Days = Annotated[tuple[Annotated[int, Field(ge=1, le=365)], ...], BeforeValidator(_split)]


class Form(BaseModel):
    """Base of every part: frozen, unknown keys forbidden, the sentence under a field is its description."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class Environment(Form):
    """Environment settings (step 5.1)."""

    offline_store: Identifier = "project_mc"
    """MaxCompute project that the solution's tables live in."""
    dataworks_workspace: Identifier = "pairec_workspace"
    """DataWorks workspace that the scripts are deployed to."""
    workflow: Identifier = "Flow"
    """Name of the DataWorks workflow that deployment creates."""
    storage_api: str = "pay-as-you-go"
    """StorageAPI of the training task: `pay-as-you-go`, or a dedicated group's quota, `ot_xxxx_p#ot_yyyy`."""
    slim_mode: bool = False
    """PAI-Rec's slim mode; the tutorial selects No."""
    oss_bucket: str = Field(default="pairec-bucket", pattern=r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$")
    """Bucket that packages are written to."""
    featurestore_project: Identifier = "pairec_fs"
    """FeatureStore project of the online views."""
    online_store: Literal["FeatureDB"] = "FeatureDB"
    """Online store of the FeatureStore project."""
    user_entity: Identifier = "user"
    """User entity in the FeatureStore project."""
    item_entity: Identifier = "item"
    """Item entity in the FeatureStore project."""

    @field_validator("storage_api")
    @classmethod
    def _quota(cls, value: str) -> str:
        if value != "pay-as-you-go" and not re.fullmatch(r"\w+#\w+", value):
            raise ValueError("write pay-as-you-go or a quota such as ot_xxxx_p#ot_yyyy")
        return value


class SourceTable(Form):
    """What every data table configuration has."""

    table: str
    """Registered table: its MaxCompute name (`table` or `project.table`) or its display name."""
    partition: Identifier = "ds"
    """Time partition column."""
    partition_format: Literal["yyyymmdd"] = "yyyymmdd"
    """Format of the time partition."""
    tag_separator: str = Field(default="|", min_length=1, max_length=4)
    """Separator between the values of a tag feature."""
    lifecycle: int | None = Field(default=None, ge=1)
    """Days that generated tables live; unset means the upstream table's."""
    node_name: str | None = None
    """DataWorks node that produces the table; unset means a node named as the table."""


class BehaviorTable(SourceTable):
    """Behavior log table (step 5.2)."""

    table: str = "rec_sln_demo_behavior_table_v1"
    request_id: str | None = "request_id"
    """Field that identifies one recommendation request; optional."""
    event: str = "event"
    """Field with the behavior event."""
    event_values: Names = ("expr", "click", "praise")
    """Behavior event enumeration values."""
    event_value: str | None = "playtime"
    """Behavior value: the depth of the behavior, such as seconds viewed or price paid."""
    event_time: str = "event_time"
    """Behavior timestamp."""
    event_time_format: Literal["unixtime"] = "unixtime"
    """Format of the behavior timestamp: Unix seconds."""
    scene: str | None = "page"
    """Behavior scenario field."""
    scene_values: Names = ("home", "detail")
    """Scenario values to include in the feature statistics; empty means all."""
    user_id: str = "user_id"
    """User id in the behavior table."""
    user_categorical: Names = ("net_type",)
    """User categorical features in the behavior table."""
    user_numeric: Names = ()
    """User numerical features in the behavior table."""
    item_id: str = "item_id"
    """Item id in the behavior table."""
    item_categorical: Names = ()
    """Item categorical features in the behavior table (then ranking requests must carry them)."""
    item_numeric: Names = ()
    """Item numerical features in the behavior table (then ranking requests must carry them)."""


class UserTable(SourceTable):
    """User table (step 5.2)."""

    table: str = "rec_sln_demo_user_table_v1"
    user_id: str = "user_id"
    """User id."""
    register_time: str | None = "register_time"
    """Registration timestamp."""
    register_time_format: Literal["unixtime"] = "unixtime"
    """Format of the registration timestamp: Unix seconds."""
    categorical: Names = ("gender", "city")
    """Categorical features."""
    numeric: Names = ("age", "item_cnt", "follow_cnt", "follower_cnt")
    """Numerical features."""
    tags: Names = ("tags",)
    """Tag features: several values in one field."""


class ItemTable(SourceTable):
    """Item table (step 5.2)."""

    table: str = "rec_sln_demo_item_table_v1"
    item_id: str = "item_id"
    """Item id."""
    author: str | None = "author"
    """Author id."""
    pub_time: str | None = "pub_time"
    """Listing timestamp."""
    pub_time_format: Literal["unixtime"] = "unixtime"
    """Format of the listing timestamp: Unix seconds."""
    categorical: Names = ("category",)
    """Categorical features."""
    numeric: Names = ("click_count", "praise_count")
    """Numerical features."""
    tags: Names = ()
    """Tag features: several values in one field."""


class DataTables(Form):
    """Data table configuration (step 5.2)."""

    behavior: BehaviorTable = BehaviorTable()
    user: UserTable = UserTable()
    item: ItemTable = ItemTable()


class Features(Form):
    """Feature configuration (step 5.3)."""

    periods: Days = (3, 7, 15)
    """Common statistics periods, in days. 21 helps when behavior is sparse."""
    key_behaviors: Names = ("expr", "click", "praise")
    """Key behaviors in funnel order: impression first. Ratios follow this order."""
    version: str = Field(default="v1", pattern=r"^v\d+$")
    """Feature version: suffix of the generated tables."""
    scene_counts: bool = False
    """Also count behaviors per scene value."""
    kv_top_n: int = Field(default=30, ge=1, le=1000)
    """Attribute values kept in each preferred-attribute (KV) feature."""
    derived: tuple[DerivedFeature, ...] = ()
    """Custom derived features."""

    @field_validator("periods")
    @classmethod
    def _ascending(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value:
            raise ValueError("at least one period")
        return tuple(sorted(set(value)))

    @field_validator("key_behaviors")
    @classmethod
    def _funnel(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if not 1 <= len(value) <= 5 or len(set(value)) != len(value):
            raise ValueError("one to five different events, in funnel order")
        return value


class DerivedFeature(Form):
    """A feature computed by the user's own MaxCompute expression over one preprocess table."""

    name: Identifier
    """Column name."""
    side: Literal["user", "item"] = "user"
    """Table it belongs to."""
    expression: str = Field(min_length=1)
    """MaxCompute SQL over the columns of the registered table, for example `if(age < 30, 'young', 'old')`."""
    type: Literal["STRING", "BIGINT", "DOUBLE"] = "STRING"
    """MaxCompute type of the result."""
    kind: Literal["categorical", "numeric"] = "categorical"
    """How statistics treat it."""


Features.model_rebuild()


class RecallConfig(Form):
    """Base of every recall entry; `type` picks the method, whose own file holds the rest of the fields."""

    type: str
    name: Identifier
    """Name in the engine (RecallNames) and in generated tables."""
    enabled: bool = True
    """Whether the recall takes part in the solution."""
    scenarios: Names = ()
    """Scenarios of the solution that the recall serves; empty means all of them."""

    def serves(self, scenario: str) -> bool:
        """Whether an enabled recall takes part in the scenario."""
        return self.enabled and (not self.scenarios or scenario in self.scenarios)


class RankingTarget(Form):
    """One target of the ranking model: a column of the label table."""

    name: Identifier = "is_click"
    """Target name: the label's column, and the tower's name in the model's outputs."""
    expression: str = Field(default="max(if(event='click',1,0))", min_length=1)
    """MaxCompute aggregate over the behavior rows of one request, user and item."""
    type: Literal["classification", "regression"] = "classification"
    """classification: 0 or 1, trained with log loss. regression: a number, trained with squared error."""
    depends: Names = ()
    """Earlier targets whose towers this one reads (DBMTL)."""
    weight: float = Field(default=1.0, gt=0, le=1000)
    """Weight of the target's loss."""

    @property
    def output(self) -> str:
        """What the model calls its answer for the target."""
        return f"probs_{self.name}" if self.type == "classification" else f"y_{self.name}"


class Ranking(Form):
    """Fine ranking (step 5.5): one model over the candidates of all recalls."""

    name: Identifier = "rank"
    """Fine ranking model name; the engine's algorithm and the generated tables carry it."""
    enabled: bool = True
    """Whether the model takes part in the solution."""
    model: str = "dbmtl"
    """Model type: multi_tower, deepfm, dcn_v2, multi_tower_din (one target); dbmtl, mmoe, ple (several)."""
    targets: tuple[RankingTarget, ...] = (
        RankingTarget(),
        RankingTarget(
            name="ln_playtime", expression="ln(sum(playtime)+1)", type="regression", depends=("is_click",)
        ),
    )
    """Targets (labels) in order; a target may depend on those before it."""
    exclude: Names = ()
    """Fields to exclude: columns that are unknown before exposure, or unwanted."""
    select: Names = ()
    """Feature selection: the model's inputs by name; empty means all that are not excluded."""
    training_days: int = Field(default=30, ge=2, le=365)
    """Days of labels; the last of them is held out to stop early and to measure."""
    embed_dim_policy: Literal["EMB_SQRT4_STEP8", "EMB_SQRT4_STEP4", "EMB_LN_STEP8", "EMB_LN_STEP4"] = (
        "EMB_SQRT4_STEP4"
    )
    """Embedding width from the number n of distinct values: the fourth root or the logarithm of n, added to
    the step and rounded down to a multiple of it."""
    numeric: Literal["raw", "binned"] = "raw"
    """Numbers enter the model as they are (after a signed logarithm), or as bins with an embedding."""
    lookup_periods: Days = ()
    """Statistics periods whose preferred-attribute (KV) features the model looks up; empty means the longest
    alone. Each costs about as much as all counts together."""
    combos: tuple[Names, ...] = ()
    """Feature combinations: pairs of categorical columns."""
    sequence_events: Names = ("click",)
    """Events whose latest items form sequence features; empty means none."""
    sequence_length: int = Field(default=50, ge=1, le=500)
    """Items in a sequence."""
    min_count: int = Field(default=2, ge=1)
    """A value seen in fewer training rows shares the out-of-vocabulary embedding."""
    incremental: bool = False
    """Incremental training: begin with yesterday's model instead of anew."""
    sample_weight: str | None = None
    """Sample weight: MaxCompute aggregate as in a target; unset means 1."""
    scenes: Names = ()
    """Scene data filter: train on these scenario values only; empty means all."""
    rank_score: str = "${probs_is_click} * (1 + ${y_ln_playtime})"
    """The engine's RankScore over the model's outputs."""

    @property
    def outputs(self) -> tuple[str, ...]:
        return tuple(target.output for target in self.targets)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        earlier: list[str] = []
        for target in self.targets:
            if target.name in earlier:
                raise ValueError(f"two targets are named {target.name!r}")
            for other in target.depends:
                if other not in earlier:
                    raise ValueError(
                        f"target {target.name} depends on {other!r}, which is no target before it"
                    )
            earlier.append(target.name)
        if not self.targets:
            raise ValueError("at least one target")
        for name in re.findall(r"\$\{(\w+)\}", self.rank_score):
            if name.startswith(("probs_", "y_")) and name not in self.outputs:
                raise ValueError(f"rank_score names {name}, the model gives {', '.join(self.outputs)}")
        for pair in self.combos:
            if len(pair) != 2:
                raise ValueError("a combination is two columns")
        return self


class Solution(Form):
    """A recommendation solution, whole. Document version 1."""

    version: Literal[1] = 1
    name: Identifier = "home"
    """Solution name: prefix of the generated tables."""
    scenario: str = Field(default="HomePage", min_length=1)
    """Scenario that the solution serves."""
    other_scenarios: Names = ()
    """Further scenarios that it serves from the same tables and the same model."""
    environment: Environment = Environment()
    data_tables: DataTables = DataTables()
    features: Features = Features()
    recalls: tuple[RecallConfig, ...] = ()
    """Recalls in the order in which their lists are merged."""
    ranking: Ranking | None = None
    """Fine ranking; unset means that candidates are ordered by their recall scores."""
    size: int = Field(default=10, ge=1, le=1000)
    """Items that one request returns when it does not say."""

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Every scenario that it serves, its own first."""
        return tuple(dict.fromkeys((self.scenario, *self.other_scenarios)))

    @property
    def enabled_recalls(self) -> tuple[RecallConfig, ...]:
        return tuple(recall for recall in self.recalls if recall.enabled)

    @property
    def training_days(self) -> int:
        """The longest training window of any enabled recall and of the ranking, in days."""
        windows = [getattr(recall, "training_days", 1) for recall in self.enabled_recalls]
        if self.ranks is not None:
            windows.append(self.ranks.training_days)
        return max(windows, default=1)

    @property
    def ranks(self) -> Ranking | None:
        """The ranking where it is enabled."""
        return self.ranking if self.ranking is not None and self.ranking.enabled else None

    @property
    def required_days(self) -> int:
        """Days of data that a backfill needs: training window + largest feature window (step 6.4).

        The ranking's first label day reads features of the day before, whose window is whole within them.
        """
        return self.training_days + max(self.features.periods)


def parse_solution(
    document: Mapping[str, Any],
    recall_types: Mapping[str, type[RecallConfig]],
    *,
    lines: Mapping[str, int] | None = None,
) -> Solution:
    """The document as a Solution. `lines` maps paths to line numbers of the source text.

    Raises InvalidConfig naming every problem: path, value, what is allowed, the nearest known name.
    """
    problems: list[Problem] = []
    body = dict(document)
    entries = body.pop("recalls", None) or []
    recalls: list[RecallConfig] = []
    if not isinstance(entries, list | tuple):
        problems.append(Problem("recalls", "must be a list of recalls", entries))
        entries = []
    for index, entry in enumerate(entries):
        recall = _parse_recall(entry, f"recalls[{index}]", recall_types, problems)
        if recall is not None:
            recalls.append(recall)
    _refuse_repeated_names(recalls, problems)
    solution: Solution | None = None
    try:
        solution = Solution.model_validate(body)
    except ValidationError as error:
        problems.extend(_problems(error, "", Solution))
    if problems or solution is None:
        found = lines or {}
        located = [Problem(p.path, p.message, p.value, found.get(p.path)) for p in problems]
        raise InvalidConfig("solution", located, hint="pairec solution validate, after mending the document")
    return solution.model_copy(update={"recalls": tuple(recalls)})


def _parse_recall(
    entry: object, path: str, types: Mapping[str, type[RecallConfig]], problems: list[Problem]
) -> RecallConfig | None:
    if not isinstance(entry, Mapping):
        problems.append(Problem(path, "must be a mapping with a type", entry))
        return None
    kind = entry.get("type")
    if not isinstance(kind, str) or kind not in types:
        message = str(NotFound("recall type", str(kind), types))
        problems.append(Problem(f"{path}.type", message, kind))
        return None
    try:
        return types[kind].model_validate(dict(entry))
    except ValidationError as error:
        problems.extend(_problems(error, path, types[kind]))
        return None


def _refuse_repeated_names(recalls: list[RecallConfig], problems: list[Problem]) -> None:
    seen: dict[str, int] = {}
    for index, recall in enumerate(recalls):
        if recall.name in seen:
            message = f"{recall.name!r} is the name of recalls[{seen[recall.name]}] too; names must differ"
            problems.append(Problem(f"recalls[{index}].name", message, recall.name))
        seen.setdefault(recall.name, index)


def _problems(error: ValidationError, prefix: str, model: type[BaseModel]) -> list[Problem]:
    return [
        Problem(_path(prefix, item["loc"]), _message(dict(item), model), item.get("input"))
        for item in error.errors(include_url=False)
    ]


def _path(prefix: str, location: tuple[int | str, ...]) -> str:
    path = prefix
    for part in location:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else str(part)
    return path


def _message(item: dict[str, Any], model: type[BaseModel]) -> str:
    location = item["loc"]
    if item["type"] == "extra_forbidden":
        owner = _owner(model, location[:-1])
        known = list(owner.model_fields) if owner else []
        close = nearest(str(location[-1]), known)
        advice = f"did you mean {close!r}?" if close else "known: " + ", ".join(known)
        return f"unknown field; {advice}"
    message = str(item["msg"]).removeprefix("Value error, ")
    if item["type"] == "missing":
        return "is required"
    given = item.get("input")
    return message if isinstance(given, Mapping) else f"{message}, found {given!r}"


def _owner(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel] | None:
    """The model that holds the field at the end of `location`."""
    owner: type[BaseModel] = model
    for part in location:
        if isinstance(part, int):
            continue
        found = _model_of(owner.model_fields.get(part))
        if found is None:
            return None
        owner = found
    return owner


def _model_of(field: FieldInfo | None) -> type[BaseModel] | None:
    if field is None:
        return None
    candidates = [field.annotation, *getattr(field.annotation, "__args__", ())]
    return next((c for c in candidates if isinstance(c, type) and issubclass(c, BaseModel)), None)
