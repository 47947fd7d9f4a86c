"""Format → object; see `rows.RowFormat`. A new format is one file and one line here."""

from __future__ import annotations

from pairec_cli.domain.registry import Registry

FORMATS = Registry(
    "format",
    {
        "csv": "pairec_cli.engine.formats.text:CSV",
        "tsv": "pairec_cli.engine.formats.text:TSV",
        "jsonl": "pairec_cli.engine.formats.text:JSON_LINES",
        "parquet": "pairec_cli.engine.formats.parquet:PARQUET",
    },
)
