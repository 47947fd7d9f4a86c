"""`pairec serve`: the HTTP API over what is published."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from pairec_cli.cli.options import UsageError, open_project
from pairec_cli.cli.render import warn
from pairec_cli.domain.errors import PairecError

app = typer.Typer()

LOOPBACK = "127.0.0.1"
TOKEN = "PAIREC_TOKEN"  # the variable's name


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help=f"Address to listen on; ListenConf.HttpAddr, else {LOOPBACK}.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; ListenConf.HttpPort, else 8000. 0 is any.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(envvar=TOKEN, help="Bearer token that callers must bring.", show_default=False),
    ] = None,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="CONFIG_PATH", metavar="FILE", help="Another file than this workspace's engine.json."
        ),
    ] = None,
    max_body: Annotated[int, typer.Option(min=1, help="Largest request body in bytes.")] = 1_048_576,
    timeout: Annotated[float, typer.Option(min=0.001, help="Seconds that an answer may take.")] = 10.0,
) -> None:
    """Serve the HTTP API: /api/recommend, /api/rec/feed, /api/recall, /api/callback, /ping, /metrics, /docs.

    A changed configuration is taken without a restart. Logs are JSON lines on standard error.
    """
    from pairec_cli.server.app import Limits, create_app
    from pairec_cli.server.callbacks import Callbacks
    from pairec_cli.server.listening import bind, run
    from pairec_cli.server.logs import start_logging
    from pairec_cli.server.serving import Serving

    if token == "":
        raise UsageError(f"The token is empty. Give one with --token or {TOKEN}, or none at all.")
    project = open_project(context)
    engine = project.engine(config)
    listen = engine.config.listen
    address = host or listen.http_addr or LOOPBACK
    try:
        listener = bind(address, listen.http_port if port is None else port)
    except PairecError:
        engine.close()
        raise
    if not token and address not in (LOOPBACK, "localhost", "::1"):
        warn(f"everybody who reaches {address} may ask: give a token with {TOKEN}")
    start_logging()
    serving = Serving(lambda: project.engine(config), config or project.engine_path, engine)
    callbacks = Callbacks(serving, project.logs / "callbacks")
    limits = Limits(body=max_body, seconds=timeout)
    run(create_app(serving, callbacks, token=token or "", limits=limits), listener)
    project.featuredb.close()
