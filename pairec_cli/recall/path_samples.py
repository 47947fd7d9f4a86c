"""The samples of PDN: users, items, and the two-hop paths between them.

    paths        PAI's pai_etrec over who met what: an item's similar items, in all training days, and in
                 those before the days that labels are taken from (`paths_train`)
    hops         both as rows: part, trigger, item, the logarithms of similarity and of its share of the list
    met          triggers of users as rows: part 'user' as of bizdate, part 'train' as of the day before the
                 labels; how strongly and how lately the user met them
    samples      part 'train' and 'eval': an item that a user can reach over a path, clicked or not;
                 'user': a user with all triggers; 'pair': a trigger and an item

What a label is judged by is known the day before: triggers and similar items of training rows hold nothing of
the labels' days, so that a user's own click is not among what it is explained by. Items that the user had met
are no samples, as they are not recalled. Unclicked items are drawn from those within reach, by chance that
depends on their ids alone. One user in eight is held out.
"""

from __future__ import annotations

from collections.abc import Sequence

from pairec_cli.domain.model_features import ModelFeature
from pairec_cli.domain.naming import TableNames
from pairec_cli.domain.package import Node
from pairec_cli.domain.solution import Solution
from pairec_cli.domain.tables import Column, TableRole
from pairec_cli.features.script import (
    Field,
    Target,
    days_before,
    literal,
    literals,
    number,
    pai_command,
    quoted,
    select_list,
    sql_node,
)
from pairec_cli.ranking.label_table import SAMPLE_WEIGHT
from pairec_cli.recall import u2i
from pairec_cli.recall.item_model import EVAL_ROWS, LABEL, SAMPLES, TRAIN_ROWS, VOCABULARY
from pairec_cli.recall.path_form import PathFeatures, PDNRecallConfig
from pairec_cli.recall.sample_encoding import Samples, raw_id, rows_node, vocabulary_node

PATHS, PATHS_TRAIN, HOPS, MET, USERS, PAIRS = "paths", "paths_train", "hops", "met", "users", "pairs"
PAIR_ID = "pair_id"

_PATHS_ABOUT = """\
Paths of recall {name}: each item's {top_n} most similar items by pai_etrec, over {days} days ({events});
paths_train leaves the last {label_days} days out, from which training takes its labels."""

_MET_BEFORE = """\
SELECT {uid}, {iid}
FROM {behavior}
WHERE {window}
    AND event IN ({events})
GROUP BY {uid}, {iid}"""

_HOPS_ABOUT = """\
Paths of recall {name} as rows, with the logarithms of the similarity and of its share of the list."""

_HOPS = """\
SELECT
    part,
    trigger_id,
    {iid},
    ROUND(LN(GREATEST(similarity, 0.000001)), 6) AS similarity,
    ROUND(LN(GREATEST(similarity / total, 0.000001)), 6) AS share
FROM (
    SELECT
        part,
        item_id AS trigger_id,
        SPLIT_PART(pair, ':', 1) AS {iid},
        CAST(SPLIT_PART(pair, ':', 2) AS DOUBLE) AS similarity,
        SUM(CAST(SPLIT_PART(pair, ':', 2) AS DOUBLE)) OVER (PARTITION BY part, item_id) AS total
    FROM (
        SELECT 'all' AS part, item_id, similar_item_ids FROM {paths} WHERE ds = '${{bizdate}}'
        UNION ALL
        SELECT 'train', item_id, similar_item_ids FROM {train} WHERE ds = '${{bizdate}}'
    ) lists
    LATERAL VIEW EXPLODE(SPLIT(similar_item_ids, ',')) pairs AS pair
) listed"""

_MET_ABOUT = """\
Triggers of recall {name} as rows: each user's {count} strongest items of {days} days, as of bizdate (part
user) and of {label_days} days before (train). An event weighs ({weights}) times {kept} per day passed."""

_MET = """\
SELECT
    part,
    {uid},
    trigger_id,
    ROUND(LN(weight), 6) AS weight,
    ROUND(days_ago / {days}, 6) AS age,
    place
FROM (
    SELECT
        part,
        {uid},
        trigger_id,
        weight,
        days_ago,
        ROW_NUMBER() OVER (PARTITION BY part, {uid} ORDER BY weight DESC, trigger_id) AS place
    FROM (
        SELECT
            part,
            {uid},
            {iid} AS trigger_id,
            SUM(CASE event {cases} ELSE 0 END * POW({kept}, days_ago)) AS weight,
            MIN(days_ago) AS days_ago
        FROM (
            SELECT
                part,
                {uid},
                {iid},
                event,
                DATEDIFF(TO_DATE(cut, 'yyyymmdd'), TO_DATE(ds, 'yyyymmdd'), 'dd') AS days_ago
            FROM {behavior}
            LATERAL VIEW EXPLODE(MAP('user', '${{bizdate}}', 'train', '{cut}')) cuts AS part, cut
            WHERE {window}
                AND event IN ({events})
        ) events
        WHERE days_ago >= 0
            AND days_ago < {days}
        GROUP BY part, {uid}, {iid}
    ) weighted
    WHERE weight > 0
) ranked
WHERE place <= {count}"""

_SAMPLES_ABOUT = """\
Samples of recall {name} (column part): items within reach, {negatives} unclicked for each clicked one;
users with their triggers; triggers with their similar items. One user in eight is held out."""

_SAMPLES = """\
SELECT
    {columns}
FROM (
    SELECT
        IF(SUBSTR(MD5(chosen.{uid}), 1, 1) < '2', 'eval', 'train') AS part,
        '' AS pair_id,
        chosen.{uid},
        chosen.{iid},
        chosen.label,
        met.trigger_id,
        met.place,
        met.weight,
        met.age,
        hops.similarity,
        hops.share
    FROM (
        SELECT {uid}, {iid}, label
        FROM (
            SELECT
                reached.{uid},
                reached.{iid},
                IF(taken.{iid} IS NULL, 0.0, 1.0) AS label,
                active.positives,
                ROW_NUMBER() OVER (
                    PARTITION BY reached.{uid}, IF(taken.{iid} IS NULL, 0, 1)
                    ORDER BY MD5(CONCAT(reached.{uid}, ' ', reached.{iid})), reached.{iid}
                ) AS turn
            FROM (
                SELECT DISTINCT met.{uid}, hops.{iid}
                FROM (SELECT * FROM {met} WHERE ds = '${{bizdate}}' AND part = 'train') met
                JOIN (SELECT * FROM {hops} WHERE ds = '${{bizdate}}' AND part = 'train') hops
                    ON met.trigger_id = hops.trigger_id
            ) reached
            JOIN (
                SELECT {uid}, COUNT(DISTINCT {iid}) AS positives
                FROM {behavior}
                WHERE {labels}
                    AND event IN ({events})
                GROUP BY {uid}
            ) active
                ON reached.{uid} = active.{uid}
            LEFT JOIN (
                SELECT {uid}, {iid}
                FROM {behavior}
                WHERE {labels}
                    AND event IN ({events})
                GROUP BY {uid}, {iid}
            ) taken
                ON reached.{uid} = taken.{uid} AND reached.{iid} = taken.{iid}
            LEFT JOIN (
                SELECT {uid}, {iid}
                FROM {behavior}
                WHERE {before}
                    AND event IN ({events})
                GROUP BY {uid}, {iid}
            ) seen
                ON reached.{uid} = seen.{uid} AND reached.{iid} = seen.{iid}
            WHERE seen.{iid} IS NULL
        ) labelled
        WHERE label > 0 OR turn <= positives * {negatives}
    ) chosen
    JOIN (SELECT * FROM {met} WHERE ds = '${{bizdate}}' AND part = 'train') met
        ON chosen.{uid} = met.{uid}
    JOIN (SELECT * FROM {hops} WHERE ds = '${{bizdate}}' AND part = 'train') hops
        ON met.trigger_id = hops.trigger_id AND chosen.{iid} = hops.{iid}
    UNION ALL
    SELECT 'user', '', {uid}, CAST(NULL AS STRING), 0.0, trigger_id, place, weight, age, 0.0, 0.0
    FROM {met}
    WHERE ds = '${{bizdate}}'
        AND part = 'user'
    UNION ALL
    SELECT
        'pair',
        CONCAT(trigger_id, ':', {iid}),
        CAST(NULL AS STRING),
        {iid},
        0.0,
        trigger_id,
        1,
        0.0,
        0.0,
        similarity,
        share
    FROM {hops}
    WHERE ds = '${{bizdate}}'
        AND part = 'all'
) path
LEFT JOIN (SELECT * FROM {item} WHERE ds = '${{bizdate}}') known
    ON path.trigger_id = known.{iid}
LEFT JOIN (SELECT * FROM {user} WHERE ds = '${{bizdate}}') user_features
    ON path.{uid} = user_features.{uid}
LEFT JOIN (SELECT * FROM {item} WHERE ds = '${{bizdate}}') item_features
    ON path.{iid} = item_features.{iid}
GROUP BY path.part, path.pair_id, path.{uid}, path.{iid}"""


def path_nodes(config: PDNRecallConfig, solution: Solution, features: PathFeatures) -> list[Node]:
    """Paths, hops, triggers, samples, vocabulary, rows to train on and held out, users, pairs."""
    names = TableNames(solution)
    samples = _samples(config, solution, features)
    user, item = raw_id(names.user_id, "User ID"), raw_id(names.item_id, "Item ID")
    pair = Field(f"__{PAIR_ID}__", "STRING", f"training.{PAIR_ID}", "trigger:item")
    day = "ds = '${bizdate}' AND part = "
    ids = tuple(f for f in features.all if not f.is_dense)
    numbers = {
        f.name: Field(f.name, "STRING", f"training.{f.name}", "Numbers joined by ;")
        for f in features.all
        if f.is_dense
    }

    def rows(part: str, which: str, what: str, read: Sequence[ModelFeature], *kept: Field) -> Node:
        columns = [*(numbers[f.name] for f in read if f.is_dense), *kept]
        return rows_node(
            solution,
            samples,
            names.recall(config.name, part),
            [f for f in read if not f.is_dense],
            f"{day}'{which}'",
            what,
            columns,
            with_label=part in (TRAIN_ROWS, EVAL_ROWS),
        )

    return [
        _paths_node(config, solution),
        _hops_node(config, solution),
        _met_node(config, solution),
        _samples_node(config, solution, features, samples),
        vocabulary_node(solution, samples, ids, f"{day}'train'", config.min_count),
        rows(TRAIN_ROWS, "train", "items within reach, to train on", features.all, user, item),
        rows(EVAL_ROWS, "eval", "those of users held out", features.all, user, item),
        rows(USERS, "user", "users with their triggers", features.of_trigger_net, user),
        rows(PAIRS, "pair", "triggers with their similar items", features.of_similarity_net, pair),
    ]


def _days(first: int, last: int) -> str:
    """The condition for the days from `first` days before bizdate on, up to `last` days before."""
    return f"ds > '{days_before(first)}' AND ds <= '{days_before(last)}'"


def _paths_node(config: PDNRecallConfig, solution: Solution) -> Node:
    names = TableNames(solution)
    behavior = names.preprocess(TableRole.BEHAVIOR)
    lifecycle = solution.data_tables.behavior.lifecycle
    columns = (Column(names.user_id, "STRING", "User ID"), Column(names.item_id, "STRING", "Item ID"))
    steps, outputs = [], []
    for part, source, last in (
        (PATHS, u2i.INTERACTIONS, 0),
        (PATHS_TRAIN, f"{u2i.INTERACTIONS}_train", config.label_days),
    ):
        table, pairs = names.recall(config.name, part), names.recall(config.name, source)
        query = _MET_BEFORE.format(
            uid=names.user_id,
            iid=names.item_id,
            behavior=behavior,
            window=_days(config.training_days, last),
            events=literals(config.trigger_events),
        )
        target = Target(pairs, columns, f"Recall {config.name}: items that users have met", lifecycle)
        steps += [target.filled_by(query), _etrec(config, solution, pairs, table)]
        outputs += [pairs, table]
    about = _PATHS_ABOUT.format(
        name=config.name,
        top_n=config.top_n,
        days=config.training_days,
        events=", ".join(config.trigger_events),
        label_days=config.label_days,
    )
    name = names.recall(config.name, PATHS)
    return sql_node(
        solution,
        name,
        "\n\n".join(steps),
        about=about,
        inputs=[behavior],
        outputs=[table for table in outputs if table != name],
    )


def _etrec(config: PDNRecallConfig, solution: Solution, source: str, target: str) -> str:
    names = TableNames(solution)
    parameters = {
        "inputTableName": source,
        "inputTablePartitions": "ds=${bizdate}",
        "userColName": names.user_id,
        "itemColName": names.item_id,
        "outputTableName": target,
        "outputTablePartition": "ds=${bizdate}",
        "similarityType": "wbcosine",
        "topN": str(config.top_n),
        "itemDelimiter": '","',
        "kvDelimiter": '":"',
    }
    return pai_command("pai_etrec", parameters, project="algo_public")


def _hops_node(config: PDNRecallConfig, solution: Solution) -> Node:
    names = TableNames(solution)
    name, paths, train = (names.recall(config.name, part) for part in (HOPS, PATHS, PATHS_TRAIN))
    query = _HOPS.format(iid=names.item_id, paths=paths, train=train)
    columns = (
        Column("part", "STRING", "all, or train: before the days of the labels"),
        Column("trigger_id", "STRING", "Item ID of the trigger"),
        Column(names.item_id, "STRING", "Item ID"),
        Column("similarity", "DOUBLE", "Logarithm of the similarity"),
        Column("share", "DOUBLE", "Logarithm of its share of the list"),
    )
    return _node(solution, name, columns, query, _HOPS_ABOUT.format(name=config.name), [paths, train])


def _met_node(config: PDNRecallConfig, solution: Solution) -> Node:
    names, name = TableNames(solution), TableNames(solution).recall(config.name, MET)
    behavior = names.preprocess(TableRole.BEHAVIOR)
    weights = {event: number(weight) for event, weight in config.weights.items()}
    kept, days = number(1 - config.time_attenuation), config.behavior_window_days
    query = _MET.format(
        uid=names.user_id,
        iid=names.item_id,
        behavior=behavior,
        window=_days(days + config.label_days, 0),
        events=literals(weights),
        cases=" ".join(f"WHEN {literal(event)} THEN {weight}" for event, weight in weights.items()),
        kept=kept,
        days=days,
        cut=days_before(config.label_days),
        count=config.trigger_count,
    )
    columns = (
        Column("part", "STRING", "user, or train: as of the day before the labels"),
        Column(names.user_id, "STRING", "User ID"),
        Column("trigger_id", "STRING", "Item ID of the trigger"),
        Column("weight", "DOUBLE", "Logarithm of the trigger's weight"),
        Column("age", "DOUBLE", "Days since the latest event, as a share of the window"),
        Column("place", "BIGINT", "1 is the user's heaviest trigger"),
    )
    about = _MET_ABOUT.format(
        name=config.name,
        count=config.trigger_count,
        days=days,
        label_days=config.label_days,
        weights=", ".join(f"{event} {weight}" for event, weight in weights.items()),
        kept=kept,
    )
    return _node(solution, name, columns, query, about, [behavior])


def _samples(config: PDNRecallConfig, solution: Solution, features: PathFeatures) -> Samples:
    names = TableNames(solution)
    fields = [
        Field("part", "STRING", "path.part", "train, eval, user or pair"),
        Field(PAIR_ID, "STRING", f"path.{PAIR_ID}", "trigger:item"),
        *(Field(key, "STRING", f"path.{key}", "ID") for key in (names.user_id, names.item_id)),
    ]
    for alias, side in (("user_features", features.user), ("item_features", features.item)):
        fields += [
            Field(f.name, "STRING", f"MAX({alias}.{quoted(f.sources[0])})", f"Attribute {f.sources[0]}")
            for f in side
            if f.name != names.item_id
        ]
    fields += [
        Field(f.name, "STRING", _listed(f, names.item_id), "Of the triggers, heaviest first")
        for f in features.sequence
    ]
    fields += [
        Field(LABEL, "DOUBLE", "MAX(path.label)", "1 where the user clicked the item"),
        Field(SAMPLE_WEIGHT, "DOUBLE", "1.0", "Weight of the row"),
    ]
    table, vocabularies = (names.recall(config.name, part) for part in (SAMPLES, VOCABULARY))
    keys = (PAIR_ID, names.user_id, names.item_id, *(f.name for f in features.sequence if f.is_dense))
    return Samples(config.name, table, vocabularies, tuple(fields), keys, LABEL)


def _listed(feature: ModelFeature, item_id: str) -> str:
    """One field of the triggers as a text, heaviest trigger first; a missing attribute is empty."""
    source = feature.sources[0]
    value = f"path.{source}" if feature.is_dense else f"COALESCE(known.{quoted(source)}, '')"
    value = "path.trigger_id" if source == item_id else value
    return f"WM_CONCAT(';', {value}) WITHIN GROUP (ORDER BY path.place)"


def _samples_node(
    config: PDNRecallConfig, solution: Solution, features: PathFeatures, samples: Samples
) -> Node:
    names = TableNames(solution)
    met, hops = (names.recall(config.name, part) for part in (MET, HOPS))
    behavior, user, item = (
        names.preprocess(role) for role in (TableRole.BEHAVIOR, TableRole.USER, TableRole.ITEM)
    )
    query = _SAMPLES.format(
        columns=select_list(samples.fields),
        uid=names.user_id,
        iid=names.item_id,
        met=met,
        hops=hops,
        behavior=behavior,
        user=user,
        item=item,
        labels=_days(config.label_days, 0),
        before=_days(config.training_days, config.label_days),
        events=literals(config.trigger_events),
        negatives=config.negatives,
    )
    about = _SAMPLES_ABOUT.format(name=config.name, negatives=config.negatives)
    return _node(solution, samples.table, samples.fields, query, about, [met, hops, behavior, user, item])


def _node(
    solution: Solution,
    name: str,
    columns: Sequence[Field | Column],
    query: str,
    about: str,
    inputs: Sequence[str],
) -> Node:
    target = Target(name, columns, about.split("\n")[0], solution.data_tables.behavior.lifecycle)
    return sql_node(solution, name, target.filled_by(query), about=about, inputs=inputs)
