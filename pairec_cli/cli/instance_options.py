"""What `pairec init` and `pairec instance create` both ask of a new instance."""

from __future__ import annotations

from typing import Annotated

import typer

from pairec_cli.domain.instance import ServiceType

Region = Annotated[str, typer.Option("--region", help="Region of the instance.")]
ServiceTypeOption = Annotated[
    ServiceType,
    typer.Option("--service-type", help="Premium includes custom solutions and data diagnostics."),
]
Timezone = Annotated[
    str, typer.Option("--timezone", metavar="ZONE", help="Time zone that turns event times into days.")
]
