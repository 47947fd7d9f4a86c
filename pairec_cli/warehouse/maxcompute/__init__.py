"""MaxCompute SQL: read by a sqlglot dialect, checked and typed here, written as DuckDB SQL."""
