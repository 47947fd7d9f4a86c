"""`-D` parameters: PAI's names, values parsed from text, errors that name the nearest."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pairec_cli.components.etrec import EtrecParameters
from pairec_cli.domain.errors import SqlError
from pairec_cli.domain.pai_command import PaiCommand

COMMAND = """PAI -name pai_etrec -project algo_public
    -DinputTableName="behavior" -DinputTablePartitions="ds=20260101" -DuserColName="user_id"
    -DitemColName="item_id" -DoutputTableName="i2i" -DoutputTablePartition="ds=20260101" -Dlifecycle="28" """
NAMES = {"inputTableName": "t", "userColName": "u", "itemColName": "i", "outputTableName": "o"}


def test_defaults_are_those_of_pai() -> None:
    given = EtrecParameters.parse("pai_etrec", PaiCommand.parse(COMMAND).parameters)
    assert (given.input_table_name, given.user_col_name, given.lifecycle) == ("behavior", "user_id", 28)
    assert (given.similarity_type, given.top_n) == ("wbcosine", 2000)
    assert (given.min_user_behavior, given.max_user_behavior) == (2, 500)
    assert (given.item_delimiter, given.kv_delimiter, given.operator) == (" ", ":", "add")
    assert (given.alpha, given.weight) == (0.5, 1.0)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("topN", "0", "-DtopN=0"),
        ("topN", "10001", "less than or equal to 10000"),
        ("topN", "many", "-DtopN=many"),
        ("similarityType", "cosine", "'wbcosine', 'asymcosine' or 'jaccard'"),
        ("alpha", "1", "-Dalpha=1"),
        ("alpha", "0", "-Dalpha=0"),
        ("weight", "0", "-Dweight=0"),
        ("kvDelimiter", " ", "kvDelimiter may not be a space"),
        ("kvDelimiter", "", "-DkvDelimiter"),
        ("itemDelimiter", ":", "may not share"),
        ("itemDelimiter", "-", "scores are written with"),
        ("minUserBehavior", "501", "minUserBehavior may not exceed maxUserBehavior"),
        ("operator", "avg", "-Doperator=avg"),
        ("userWeight", "sqrt", "-DuserWeight=sqrt"),
        ("lifecycle", "0", "-Dlifecycle=0"),
    ],
)
def test_bad_values_are_named(name: str, text: str, message: str) -> None:
    with pytest.raises(SqlError, match="pai_etrec: ") as caught:
        EtrecParameters.parse("pai_etrec", NAMES | {name: text})
    assert message in caught.value.message


@pytest.mark.parametrize(
    ("name", "hint"),
    [("topn", "did you mean -DtopN?"), ("similarityTyp", "did you mean -DsimilarityType?"),
     ("top_n", "did you mean -DtopN?"), ("zzz", "known: alpha, coreNum")],
)  # fmt: skip
def test_unknown_parameters_name_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(SqlError, match=f"pai_etrec has no parameter '{name}'") as caught:
        EtrecParameters.parse("pai_etrec", NAMES | {name: "1"})
    assert caught.value.hint is not None and caught.value.hint.startswith(hint)


def test_missing_parameters_are_all_named() -> None:
    with pytest.raises(SqlError, match="-DuserColName is missing; -DitemColName is missing"):
        EtrecParameters.parse("pai_etrec", {"inputTableName": "t", "outputTableName": "o"})


def test_parameters_are_frozen() -> None:
    given = EtrecParameters.parse("pai_etrec", NAMES)
    with pytest.raises(ValidationError):
        given.top_n = 3  # type: ignore[misc]  # that is the point
