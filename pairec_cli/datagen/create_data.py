"""The tutorial's `create_data.py`: a PyODPS 3 node that writes one day of the three demo tables.

Scheduled daily with `bizdate=$[yyyymmdd-1]`, each run goes on with the same world.
"""

from __future__ import annotations

from pprint import pformat
from string import Template

from pairec_cli.datagen.config import WorldConfig

TEMPLATE = """\
# One day of demo data: the same for a ds whenever it runs, and a continuation of the days before.
# Scheduling parameter: bizdate=$$[yyyymmdd-1]
from pairec_cli.datagen.world import WorldConfig, world_of
from pairec_cli.domain.tables import BEHAVIOR_COLUMNS, ITEM_COLUMNS, USER_COLUMNS

config = $world

ds = args["bizdate"]
world = world_of(WorldConfig(**config))


def write(name, columns, batches):
    schema = ", ".join(f"{column.name} {column.type.lower()}" for column in columns)
    o.create_table(name, (schema, "ds string"), if_not_exists=True)
    rows = 0
    with o.get_table(name).open_writer(
        partition=f"ds={ds}", create_partition=True, overwrite=True, arrow=True
    ) as writer:
        for batch in batches:
            writer.write(batch)
            rows += batch.num_rows
    print(f"{name} ds={ds}: {rows} rows")


write("$user_table_name", USER_COLUMNS, [world.users(ds)])
write("$item_table_name", ITEM_COLUMNS, [world.items(ds)])
write("$behavior_table_name", BEHAVIOR_COLUMNS, world.behavior_batches(ds))
"""
"""The three table names are placeholders as in the tutorial; `$world` holds the config."""


def script(user_table: str, item_table: str, behavior_table: str, config: WorldConfig) -> str:
    """The node's script for these tables and this world, every setting of it spelled out."""
    return Template(TEMPLATE).substitute(
        user_table_name=user_table,
        item_table_name=item_table,
        behavior_table_name=behavior_table,
        world=pformat(config.model_dump(), sort_dicts=False, width=60),
    )
