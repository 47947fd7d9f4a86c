"""current.json: which model, over which items, engines serve with."""

from __future__ import annotations

import json
import os
from pathlib import Path

from pairec_cli.domain.errors import DataError
from pairec_cli.domain.records import Record
from pairec_cli.online.model_description import HINT

CURRENT = "current.json"


class InService(Record):
    """current.json: the days of the model and of its items, the time zone of the hour and weekday that it was
    trained with, and the names of the id columns of users and items."""

    model: str
    items: str
    timezone: str
    user_id: str
    item_id: str

    def write(self, folder: Path) -> None:
        """Put this model of `folder` into service: engines switch to it between two requests."""
        beside = folder / f".{CURRENT}.{os.getpid()}"
        beside.write_text(json.dumps(self.__dict__) + "\n", "utf-8")
        beside.replace(folder / CURRENT)

    @classmethod
    def read(cls, folder: Path) -> InService:
        """Raises DataError when nothing is in service, or the file says something else."""
        path = folder / CURRENT
        try:
            body = json.loads(path.read_text("utf-8"))
            found = cls(**{name: str(body[name]) for name in cls.field_names})
        except FileNotFoundError:
            raise DataError(f"no model is in service in {folder}", hint="pairec rank train") from None
        except (OSError, KeyError, TypeError, ValueError) as error:
            raise DataError(f"{path} does not name a model: {error!r}", hint=HINT) from error
        return found

    def snapshot(self, folder: Path) -> Path:
        """The folder of the items."""
        return folder / self.model / f"items-{self.items}"
