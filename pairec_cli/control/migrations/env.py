"""Alembic's entry: runs the migrations on the connection, and in the transaction, that the caller opened."""

from alembic import context

from pairec_cli.control.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
