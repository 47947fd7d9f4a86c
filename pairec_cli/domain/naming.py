"""Names of generated tables and nodes: a node is named as the table it writes.

The patterns are those of the files that PAI-Rec's generator writes: `<sln>_<table>_preprocess_v1`,
`…_wide_v1`, `<sln>_<id>_static_feat_v1`, `<sln>_<table>_all_feat_v1`. Recall tables have no public names;
ours follow the same pattern, `<sln>_<recall>_<part>_v1`.
"""

from __future__ import annotations

from dataclasses import dataclass

from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import TableName, TableRole


@dataclass(frozen=True)
class TableNames:
    """Table names of one solution; every method gives a bare name, `qualified` adds the project."""

    solution: Solution

    @property
    def project(self) -> str:
        return self.solution.environment.offline_store

    @property
    def user_id(self) -> str:
        """Join id of users in every generated table: the user table's id column.

        `id` in both tables becomes `user_id` and `item_id`.
        """
        return self._join_id(self.solution.data_tables.user.user_id, TableRole.USER)

    @property
    def item_id(self) -> str:
        """Join id of items in every generated table: the item table's id column, as for `user_id`."""
        return self._join_id(self.solution.data_tables.item.item_id, TableRole.ITEM)

    def source(self, role: TableRole) -> TableName:
        """The registered table of a role."""
        tables = self.solution.data_tables
        table = {
            TableRole.USER: tables.user,
            TableRole.ITEM: tables.item,
            TableRole.BEHAVIOR: tables.behavior,
        }
        return TableName.parse(table[role].table, self.project)

    def preprocess(self, role: TableRole) -> str:
        return self._name(f"{self.source(role).table}_preprocess")

    def wide(self) -> str:
        return self._name(f"{self.source(TableRole.BEHAVIOR).table}_wide")

    def static_feat(self, role: TableRole) -> str:
        key = self.user_id if role is TableRole.USER else self.item_id
        return self._name(f"{key}_static_feat")

    def all_feat(self, role: TableRole) -> str:
        return self._name(f"{self.source(role).table}_all_feat")

    def recall(self, recall: str, part: str = "") -> str:
        """`part` is for example `i2i`, `trigger`; without it the table that the engine reads."""
        return self._name(f"{recall}_{part}" if part else recall)

    def pre_t_agg(self) -> str:
        """Each user's latest events up to a day, one per item and event."""
        return self._name(f"{self.source(TableRole.BEHAVIOR).table}_pre_t_agg")

    def sequence(self, part: str) -> str:
        """Sequences of a user: `pre_t_seq` up to the day before, `t_seq` within the day per request,
        `all_seq_feat` both."""
        return self._name(f"{self.user_id}_{part}")

    def ranking(self, model: str, part: str) -> str:
        """Tables of a ranking model: label_table, vocabulary, fg_encoded, fg_encoded_eval, train."""
        return self._name(f"{model}_{part}")

    def training_set(self, model: str) -> str:
        """`<FeatureStore project>_<sln>_<model>_v1_training_set`."""
        store = self.solution.environment.featurestore_project
        return f"{store}_{self._name(model)}_training_set"

    def sync(self) -> str:
        """The node that publishes tables to the online store."""
        return self._name("create_sync_onlinestore")

    def qualified(self, table: str) -> str:
        return f"{self.project}.{table}"

    def _join_id(self, column: str, role: TableRole) -> str:
        tables = self.solution.data_tables
        return f"{role}_{column}" if tables.user.user_id == tables.item.item_id else column

    def _name(self, middle: str) -> str:
        return f"{self.solution.name}_{middle}_{self.solution.features.version}"
