"""`PAI -name …` as a value."""

from __future__ import annotations

import pytest

from pairec_cli.domain.errors import SqlError
from pairec_cli.domain.pai_command import PaiCommand


def test_the_commands_of_the_component_reference() -> None:
    text = """PAI -name pai_etrec
    -project algo_public
    -DsimilarityType="wbcosine"
    -DitemDelimiter=" "
    -DkvDelimiter=':'
    -Dnote=a=b
    -Dempty="""
    assert PaiCommand.parse(text) == PaiCommand(
        "pai_etrec",
        "algo_public",
        {"similarityType": "wbcosine", "itemDelimiter": " ", "kvDelimiter": ":", "note": "a=b", "empty": ""},
    )
    assert PaiCommand.parse("pai -name x") == PaiCommand("x")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "begins with PAI"),
        ("SELECT 1", "begins with PAI"),
        ("PAI", "-name is missing"),
        ("PAI -project p", "-name is missing"),
        ("PAI -name", "-name needs a value"),
        ("PAI -name x -Dtop", "cannot read '-Dtop'"),
        ("PAI -name x top=1", "cannot read 'top=1'"),
        ("PAI -name 'x", "No closing quotation"),
    ],
)
def test_malformed_commands_are_refused_with_their_line(text: str, said: str) -> None:
    with pytest.raises(SqlError, match=said) as caught:
        PaiCommand.parse(text, line=4)
    assert caught.value.line == 4
