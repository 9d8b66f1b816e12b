"""Run by Alembic; the connection, its transaction and the write lock are the caller's (`db.upgrading`)."""

from alembic import context

from db.rows import Row

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Row.metadata,
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
