"""One recommendation: what is asked and answered (PAI-Rec's `/api/recommend` and `/api/rec/feed`)."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from pairec_cli.domain.candidates import Explanation
from pairec_cli.domain.errors import InvalidInput
from pairec_cli.domain.records import Record

DEFAULT_SIZE = 10
DEFAULT_CATEGORY = "default"

OK = 200
NOT_ENOUGH = 299
MESSAGES = {OK: "success", NOT_ENOUGH: "items size not enough"}


class RecommendRequest(Record):
    """What a caller asks. A size of 0 or less is 10; a request id is made when none is given. `features`
    become user properties, empty texts left out. `debug` and `explain` ask for each item's explanation.

    Raises InvalidInput for an empty uid and one that is not valid Unicode.
    """

    uid: str
    scene_id: str
    size: int = DEFAULT_SIZE
    category: str = DEFAULT_CATEGORY
    features: Mapping[str, object] = {}
    request_id: str = ""
    debug: bool = False
    explain: bool = False
    item_id: str = ""
    item_list: Sequence[Mapping[str, object]] = ()

    def _settle(self) -> None:
        if not self.uid:
            raise InvalidInput("uid not empty", hint="name the user to recommend for")
        if not self.uid.isascii() and _is_broken(self.uid):
            raise InvalidInput(f"{self.uid!r} is not a user id: its bytes are not UTF-8")
        if self.size <= 0:
            self.__dict__["size"] = DEFAULT_SIZE
        if not self.request_id:
            self.__dict__["request_id"] = new_request_id()


class ItemResult(NamedTuple):
    """One item of the answer, best first. `extra` holds output fields; `explanation` is set on request."""

    item_id: str
    score: float
    retrieve_id: str
    item_type: str = ""
    extra: Mapping[str, object] = {}
    explanation: Explanation | None = None


class StageTrace(NamedTuple):
    """One row of the funnel: `entered` items came into the stage, `left` came out, in `ms` milliseconds."""

    stage: str
    name: str
    entered: int
    left: int
    ms: float
    note: str = ""

    def as_dict(self) -> dict[str, object]:
        """The row with the keys of the printed funnel: stage, name, in, out, ms, note."""
        return {
            "stage": self.stage,
            "name": self.name,
            "in": self.entered,
            "out": self.left,
            "ms": round(self.ms, 3),
            "note": self.note,
        }


class RecommendResponse(Record):
    """The answer. `code` is 200, or 299 when there are fewer than `size` items; `notes` say why, in
    sentences."""

    code: int
    msg: str
    request_id: str
    size: int
    items: list[ItemResult]
    trace: list[StageTrace]
    notes: list[str]


def _is_broken(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def new_request_id() -> str:
    """A random UUID (version 4) as text. The standard `uuid` module would cost a fifth of a light start."""
    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
