"""A training node's shell script: what is read, and what is refused with its line."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import InvalidInput, SqlError
from pairec_cli.domain.tables import TableName
from pairec_cli.workflow.dlc_script import Command, ModelPath, model_path, read_commands, table_path

SCRIPT = """\
# train, then export
set -e
export PYTHONPATH=/mnt/code   # the image has it

torchrun --master_addr=${MASTER_ADDR} --nproc-per-node=1 \\
    -m tzrec.train_eval \\
    --pipeline_config_path oss://b/f/models/m/pipeline.config \\
    --train_input_path odps://p/tables/t/ds=${bizdate} \\
    --model_dir=oss://b/models/m/${bizdate} --continue_train
python3 -m tzrec.export --pipeline_config_path x --export_dir 'oss://b/models/m/${bizdate}/export'
"""
DAYS = {"bizdate": "20260102"}


def test_programs_arguments_and_lines() -> None:
    assert read_commands(SCRIPT, DAYS) == [
        Command(
            "tzrec.train_eval",
            {
                "pipeline_config_path": "oss://b/f/models/m/pipeline.config",
                "train_input_path": "odps://p/tables/t/ds=20260102",
                "model_dir": "oss://b/models/m/20260102",
                "continue_train": "true",
            },
            5,
        ),
        Command(
            "tzrec.export",
            {"pipeline_config_path": "x", "export_dir": "oss://b/models/m/20260102/export"},
            10,
        ),
    ]


TRAIN = "torchrun -m tzrec.train_eval --pipeline_config_path c --train_input_path t --model_dir d"


@pytest.mark.parametrize(
    ("script", "line", "told"),
    [
        ("# a\nrm -rf /", 2, "cannot run 'rm' here"),
        ("python train.py", 1, "cannot run 'python' here"),
        ("python -m", 1, "cannot run 'python' here"),
        ("# a \\\npython -m tzrec.train", 2, "did you mean 'tzrec.train_eval'"),
        (f"{TRAIN} --modeldir x", 1, "did you mean 'model_dir'"),
        (f"{TRAIN} x", 1, "no argument 'x'"),
        (f"{TRAIN} --eval_input_path", 1, "--eval_input_path needs a value"),
        (f"{TRAIN} --eval_input_path --continue_train", 1, "--eval_input_path needs a value"),
        (f"{TRAIN} --eval_input_path ${{bizdat}}", 1, "unknown parameter: ${bizdat}"),
        ("torchrun -m tzrec.export --pipeline_config_path c", 1, "needs --export_dir"),
        ("\n\npython -m tzrec.export 'x", 3, "No closing quotation"),
        ("set -e\n", 1, "trains nothing"),
        ("torchrun \\\n -m tzrec.export \\", 1, "needs --export_dir"),
    ],
)
def test_what_is_not_known_is_refused_with_its_line(script: str, line: int, told: str) -> None:
    with pytest.raises(SqlError) as caught:
        read_commands(script, DAYS)
    assert caught.value.line == line
    assert told in caught.value.message


def test_partitions_of_a_table() -> None:
    table = TableName("p", "t_v1")
    assert table_path("odps://p/tables/t_v1/ds=20260101") == (table, ["20260101"])
    assert table_path("odps://p/tables/t_v1/ds=20260101&ds=20260102") == (table, ["20260101", "20260102"])


@pytest.mark.parametrize(
    "path",
    ["odps://p/tables/t", "odps://p/t/ds=20260101", "odps://p/tables/t/ds=2026010", "oss://p/tables/t"],
)
def test_paths_that_are_no_partition(path: str) -> None:
    with pytest.raises(InvalidInput, match="names no partition"):
        table_path(path)


def test_places_of_a_model() -> None:
    assert model_path("oss://b/models/home_rank/20260102") == ModelPath("home_rank", "20260102")
    assert model_path("oss://b/models/home_rank/20260102/export/") == ModelPath(
        "home_rank", "20260102", "export"
    )
    for path in ("oss://b/models/x", "oss://b/models/x/20260102/../y", "/models/x/20260102"):
        with pytest.raises(InvalidInput, match="no place of a model"):
            model_path(path)
