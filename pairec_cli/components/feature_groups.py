"""Feature groups: from encoded rows to the vectors that models read.

DEEP      the group's embeddings, numbers, and the vectors of its sequence encoders, side by side
WIDE      the same with narrow embeddings of its own
SEQUENCE  a query (features of no sequence) and a sequence (fields of one) apart, for DIN towers
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor, nn

from pairec_cli.components.embedding_tables import EmbeddingTables, Padded, Pooling
from pairec_cli.components.group_inputs import Block, Inputs
from pairec_cli.components.joined import Joined
from pairec_cli.components.layers import RunningScale
from pairec_cli.components.model_inputs import ModelInput, model_inputs, suffixed, wide
from pairec_cli.components.sequence_encoders import DinEncoder, SimpleAttention
from pairec_cli.components.small_tables import Lookups
from pairec_cli.domain.errors import InvalidInput, NotFound
from pairec_cli.domain.pipeline_config.layers import (
    DINEncoder,
    PoolingEncoder,
    SeqEncoderConfig,
)
from pairec_cli.domain.pipeline_config.layers import SimpleAttention as SimpleAttentionConfig
from pairec_cli.domain.pipeline_config.pipeline import FeatureGroupConfig, FeatureGroupType, PipelineConfig


class Columns:
    """Features of no sequence, side by side: embeddings by width, one-id features first, then numbers."""

    def __init__(self, members: Sequence[ModelInput], tables: EmbeddingTables, scale: RunningScale) -> None:
        self.tables, self.scale = tables, scale
        embedded = sorted((m for m in members if m.table), key=lambda m: (m.width, m.several))
        self.by_width = [list(same) for _, same in groupby(embedded, key=lambda m: m.width)]
        self.numbers = [m for m in members if not m.table]
        self.places: dict[str, tuple[int, ...]] = {}
        self.width = 0
        for member in (*embedded, *self.numbers):
            self.places[member.name] = tuple(range(self.width, self.width + member.width))
            self.width += member.width

    def read(self, inputs: Inputs) -> list[tuple[Tensor | Lookups, tuple[int, ...]]]:
        """Blocks of columns, each with its places in the whole."""
        found: list[tuple[Tensor | Lookups, tuple[int, ...]]] = []
        for members in self.by_width:
            single = [m for m in members if inputs.is_single(m.name)]
            for ids, chosen in inputs.ids([m.name for m in single]) if single else []:
                tables = tuple(m.table.name for m in (single[c] for c in chosen) if m.table)
                looked = Lookups(self.tables, ids, tables)
                block = looked if inputs.rows is None else looked.whole()
                found.append((block, self._places(single, chosen)))
            for m in members:
                if m.table and not inputs.is_single(m.name):
                    vectors = self.tables.pooled(inputs.several(m.name), m.table.name, m.pooling)
                    found.append((vectors, self.places[m.name]))
        if self.numbers:
            blocks: list[Block] = inputs.numbers([m.name for m in self.numbers])
            for values, chosen in blocks:
                scaled = self.scale(values, [self.numbers[c].name for c in chosen])
                found.append((scaled, self._places(self.numbers, chosen)))
        return found

    def _places(self, members: Sequence[ModelInput], chosen: Sequence[int]) -> tuple[int, ...]:
        return tuple(place for c in chosen for place in self.places[members[c].name])


class SequenceGroup:
    """A query and the fields of one sequence. Raises InvalidInput if the fields are of several sequences."""

    def __init__(
        self, name: str, members: Sequence[ModelInput], tables: EmbeddingTables, scale: RunningScale
    ) -> None:
        self.tables = tables
        self.query = Columns([m for m in members if not m.sequence], tables, scale)
        self.fields = [m for m in members if m.sequence]
        self.width = sum(m.width for m in self.fields)
        if len({m.sequence for m in self.fields}) != 1:
            raise InvalidInput(f"group {name!r} of pipeline.config must hold the fields of one sequence")

    def queries(self, inputs: Inputs) -> Tensor:
        """(N, query width)."""
        return joined(self.query.read(inputs), inputs.rows).whole()

    def entries(self, inputs: Inputs, limit: int = 0) -> tuple[Tensor, Tensor]:
        """(R, T, D), zero where there is no entry, and bool (R, T), where there is one; the first `limit`."""
        fields = [_first(inputs.entries(m.name, m.sequence), limit) for m in self.fields]
        vectors = [
            self.tables.padded(field, m.table.name)
            if m.table
            else (field.ids * field.present).unsqueeze(2).to(torch.float32)
            for m, field in zip(self.fields, fields, strict=True)
        ]
        return torch.cat(vectors, 2), fields[0].present

    def pooled(self, inputs: Inputs, pooling: Pooling, limit: int = 0) -> Tensor:
        """The sum or mean of the entries: (R, D)."""
        return torch.cat([self._pooled(m, inputs, pooling, limit) for m in self.fields], 1)

    def _pooled(self, m: ModelInput, inputs: Inputs, pooling: Pooling, limit: int) -> Tensor:
        if m.table and not limit:
            return self.tables.pooled(inputs.pooled_entries(m.name, m.sequence), m.table.name, pooling)
        field = _first(inputs.entries(m.name, m.sequence), limit)
        if m.table:
            return self.tables.pooled(field, m.table.name, pooling)
        total = (field.ids * field.present).sum(1, keepdim=True)
        return total if pooling == "sum" else total / field.present.sum(1, keepdim=True).clamp(min=1)


def _first(field: Padded, limit: int) -> Padded:
    return Padded(field.ids[:, :limit], field.present[:, :limit]) if limit else field


class Encoder(nn.Module):
    """A sequence encoder of a DEEP group, with what it reads."""

    def __init__(self, config: SeqEncoderConfig, group: SequenceGroup) -> None:
        super().__init__()
        self.group, self.width = group, group.width
        self.attention: nn.Module | None = None
        self.pooling: Pooling = "mean"
        kind = config.which("seq_module")
        module = getattr(config, kind or "", None)
        self.limit = max(0, getattr(module, "max_seq_length", 0))
        if isinstance(module, DINEncoder):
            self.attention = DinEncoder(group.query.width, group.width, module.attn_mlp)
        elif isinstance(module, SimpleAttentionConfig):
            self.attention = SimpleAttention(group.query.width, group.width)
        elif isinstance(module, PoolingEncoder) and module.pooling_type in ("sum", "mean"):
            self.pooling = "sum" if module.pooling_type == "sum" else "mean"
        else:
            raise InvalidInput(
                f"the sequence encoder {kind} of pipeline.config is not known to the local trainer",
                hint="use din_encoder, simple_attention, or pooling_encoder with sum or mean",
            )

    def forward(self, inputs: Inputs) -> Tensor:
        """(N, D), or (1, D) where nothing depends on the item."""
        if self.attention is None:
            return self.group.pooled(inputs, self.pooling, self.limit)
        entries, present = self.group.entries(inputs, self.limit)
        vectors: Tensor = self.attention(self.group.queries(inputs), entries, present)
        return vectors


class VectorGroup(nn.Module):
    """A DEEP or WIDE group: one vector a row."""

    def __init__(self, columns: Columns, encoders: Sequence[Encoder]) -> None:
        super().__init__()
        self.columns = columns
        self.encoders = nn.ModuleList(encoders)
        self.width = columns.width + sum(encoder.width for encoder in encoders)

    @property
    def widths(self) -> list[int]:
        """Of each feature and encoder, in the order of the columns."""
        own = [len(places) for places in self.columns.places.values()]
        return [*own, *(encoder.width for encoder in self.encoders)]

    def forward(self, inputs: Inputs) -> Joined:
        """(N, width)."""
        blocks, end = self.columns.read(inputs), self.columns.width
        for encoder in self.encoders:
            vectors = encoder(inputs)
            blocks.append((vectors, tuple(range(end, end + vectors.shape[1]))))
            end += vectors.shape[1]
        return joined(blocks, inputs.rows)


def joined(blocks: Sequence[tuple[Tensor | Lookups, tuple[int, ...]]], rows: int | None) -> Joined:
    places = tuple(where for _, where in blocks)
    in_order = [place for where in places for place in where] == list(range(sum(map(len, places))))
    return Joined(tuple(values for values, _ in blocks), None if in_order else places, rows)


@dataclass(frozen=True)
class Groups:
    """The groups of some rows, computed when a model reads them."""

    groups: FeatureGroups
    inputs: Inputs

    def __getitem__(self, name: str) -> Joined:
        """A DEEP or WIDE group's vectors (N, width)."""
        found: Joined = self.groups.vector_group(name)(self.inputs)
        return found

    def sequence(self, name: str) -> tuple[Tensor, Tensor, Tensor]:
        """A SEQUENCE group: query (N, Dq), entries (R, T, D), present (R, T)."""
        group = self.groups.sequence_group(name)
        return (group.queries(self.inputs), *group.entries(self.inputs))

    def entries(self, name: str) -> tuple[Tensor, Tensor]:
        """A SEQUENCE group without its query: entries (R, T, D), present (R, T)."""
        return self.groups.sequence_group(name).entries(self.inputs)

    def join(self, vectors: Sequence[Tensor]) -> Joined:
        """Vectors side by side; those of the user alone have one row."""
        return Joined(tuple(vectors), None, self.inputs.rows)


class FeatureGroups(nn.Module):
    """All groups of a config, and their tables.

    `wide_width` and `wide_init_fn` are those of WIDE groups. Raises NotFound for a group's feature that is
    not configured, InvalidInput for what a group may not hold.
    """

    def __init__(self, config: PipelineConfig, wide_width: int = 4, wide_init_fn: str | None = None) -> None:
        super().__init__()
        self.inputs = model_inputs(config.feature_configs)
        self.wide = wide_width, wide_init_fn
        configs = config.model.feature_groups if config.model else ()
        self.tables = EmbeddingTables(
            m.table for group in configs for m in self._all_members(group) if m.table
        )
        self.scale = RunningScale([m.name for m in self.inputs.values() if not (m.table or m.sequence)])
        self.vectors = nn.ModuleList()
        self.sequences: dict[str, SequenceGroup] = {}
        self.names = [group.group_name for group in configs]
        self.vector_names: list[str] = []
        for group in configs:
            self._add(group)

    def _add(self, group: FeatureGroupConfig) -> None:
        name = group.group_name
        if self.names.count(name) > 1:
            raise InvalidInput(f"pipeline.config has two feature groups named {name!r}")
        members = self._members(group.feature_names, group)
        if group.group_type in (FeatureGroupType.SEQUENCE, FeatureGroupType.JAGGED_SEQUENCE):
            self.sequences[name] = SequenceGroup(name, members, self.tables, self.scale)
            return
        if inside := [m.name for m in members if m.sequence]:
            raise InvalidInput(
                f"group {name!r} of pipeline.config holds {inside[0]!r}, a field of a sequence",
                hint="name it under sequence_groups, with a sequence encoder",
            )
        self.vector_names.append(name)
        columns = Columns(members, self.tables, self.scale)
        self.vectors.append(VectorGroup(columns, self._encoders(group)))

    def _encoders(self, group: FeatureGroupConfig) -> list[Encoder]:
        sources = {}
        for one in group.sequence_groups:
            name = one.group_name or group.group_name
            members = self._members(one.feature_names, group, one.embedding_name_suffix)
            sources[name] = SequenceGroup(name, members, self.tables, self.scale)
        encoders = []
        for config in group.sequence_encoders:
            module = getattr(config, config.which("seq_module") or "", None)
            source = getattr(module, "input", None) or next(iter(sources), "")
            if source not in sources:
                raise NotFound("sequence group", source, sources)
            encoders.append(Encoder(config, sources[source]))
        return encoders

    def _all_members(self, group: FeatureGroupConfig) -> list[ModelInput]:
        found = self._members(group.feature_names, group)
        for one in group.sequence_groups:
            found += self._members(one.feature_names, group, one.embedding_name_suffix)
        return found

    def _members(
        self, names: Sequence[str], group: FeatureGroupConfig, suffix: str | None = None
    ) -> list[ModelInput]:
        for name in names:
            if name not in self.inputs:
                raise NotFound(f"feature of group {group.group_name!r}", name, self.inputs)
        members = [suffixed(self.inputs[name], suffix or group.embedding_name_suffix) for name in names]
        if group.group_type is FeatureGroupType.WIDE:
            return [wide(member, *self.wide) for member in members]
        return members

    def vector_group(self, name: str) -> VectorGroup:
        """Raises NotFound if there is no such DEEP or WIDE group."""
        if name not in self.vector_names:
            raise NotFound("feature group", name, self.vector_names)
        group = self.vectors[self.vector_names.index(name)]
        assert isinstance(group, VectorGroup)
        return group

    def sequence_group(self, name: str) -> SequenceGroup:
        """Raises NotFound if there is no such SEQUENCE group."""
        if name not in self.sequences:
            raise NotFound("sequence group", name, self.sequences)
        return self.sequences[name]

    def forward(self, inputs: Inputs) -> Groups:
        return Groups(self, inputs)
