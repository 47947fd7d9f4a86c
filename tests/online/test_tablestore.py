"""Tables of a Tablestore instance, through Alibaba's SDK."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from pairec_cli.domain.connections import TableStoreConf
from pairec_cli.domain.errors import InvalidConfig, SourceFailed
from pairec_cli.domain.sources import DaoConf, ExposureLimits, ItemStateDaoConf
from pairec_cli.online.tablestore import TablestoreServer
from tests.online.test_sql_tables import HOSTILE
from tests.servers.plainbuffer import Cell, Row, crc8, read, written
from tests.servers.process import free_port
from tests.servers.tablestore_server import INSTANCE, KEY_ID, KEY_SECRET, Table, TablestoreService

DAO = DaoConf("tablestore", table_store_name="t", table_store_table_name="shown")
STATE = ItemStateDaoConf("tablestore", table_store_table_name="item_state", item_field_name="item_id")


@pytest.fixture
def service() -> Iterator[TablestoreService]:
    running = TablestoreService()
    running.tables["shown"] = Table("user_id", "auto_id")
    yield running
    running.close()


def conf(service: TablestoreService, **keys: object) -> TableStoreConf:
    made = TableStoreConf(service.address, INSTANCE, KEY_ID, KEY_SECRET, 20_000)
    return made.replace(**keys)


@pytest.fixture
def source(service: TablestoreService) -> Iterator[TablestoreServer]:
    served = TablestoreServer("t", conf(service))
    yield served
    served.close()


def test_the_plain_buffer_is_a_round_trip() -> None:
    assert crc8(b"123456789") == 0xF4, "the check value of CRC-8"
    row = Row([Cell("k", "é"), Cell("n", -5)], [Cell("f", 0.5, 7), Cell("b", True), Cell("t", "")])
    assert read(written([row, row])) == [row, row]
    broken = bytearray(written([row]))
    broken[10] ^= 1
    with pytest.raises(AssertionError):
        read(bytes(broken))


def test_batches_are_rows_in_the_servers_order(service: TablestoreService, source: TablestoreServer) -> None:
    log = source.exposures(DAO, ExposureLimits(2))
    for batch in (["a"], ["b", "c"], ["d"]):
        log.append("u", batch)
    assert log.shown("u", []) == {"b", "c", "d"}
    log.append("v", ["e"])
    assert log.shown("v", []) == {"e"}
    assert source.exposures(DAO, ExposureLimits()).shown("u", []) == {"a", "b", "c", "d"}
    rows = {key: columns["item_ids"][0] for key, columns in service.tables["shown"].rows.items()}
    assert rows == {("u", 1): "a", ("u", 2): "b,c", ("u", 3): "d", ("v", 4): "e"}
    log.clear("u")
    assert log.shown("u", []) == set()
    assert list(service.tables["shown"].rows) == [("v", 4)]


def test_old_rows_do_not_count(service: TablestoreService, source: TablestoreServer) -> None:
    now = int(time.time())
    source.clock = lambda: now
    table = service.tables["shown"]
    table.put(("u", 1), {"item_ids": "old"}, (now - 61) * 1000)
    table.put(("u", 2), {"item_ids": "a,b"}, (now - 60) * 1000)
    table.put(("u", 3), {"item_ids": "c"}, (now + 5) * 1000)
    assert source.exposures(DAO, ExposureLimits(0, 60)).shown("u", []) == {"a", "b", "c"}


def test_ranges_are_read_page_by_page(service: TablestoreService, source: TablestoreServer) -> None:
    for number in range(8):
        service.tables["shown"].put(("u", number), {"item_ids": f"i{number}"})
    assert len(source.exposures(DAO, ExposureLimits()).shown("u", [])) == 8
    assert service.calls == ["GetRange"] * 3
    assert source.exposures(DAO, ExposureLimits(4)).shown("u", []) == {"i7", "i6", "i5", "i4"}


def test_lists_of_users_and_of_items(service: TablestoreService, source: TablestoreServer) -> None:
    service.tables["shown"] = Table("user_id")
    service.tables["shown"].put(("u",), {"item_ids": "a,, b", "more": "c"})
    assert source.user_lists(DAO).ids("u", []) == {"a", " b"}
    assert source.user_lists(DAO).ids("v", []) == set()
    service.tables["shown"] = Table("item_ids")
    for key in ("a,b", "c", "d", "e"):
        service.tables["shown"].put((key,), {})
    assert source.item_list(DAO, "", "").ids() == set()
    for key in ("a,b", "c", "d", "e"):
        service.tables["shown"].put((key,), {"why": "x"})
    assert source.item_list(DAO, "", "").ids() == {"a", "b", "c", "d", "e"}


def test_rows_of_items_are_read_a_hundred_at_a_time(
    service: TablestoreService, source: TablestoreServer
) -> None:
    service.tables["item_state"] = Table("item_id")
    service.tables["item_state"].put(("7",), {"state": 1, "price": 0.5, "ok": True, "title": "tea"})
    service.tables["item_state"].put(("150",), {"price": 2.0})
    rows = source.item_rows(STATE.replace(select_fields="state, price"))
    read = rows.read([str(number) for number in range(201)])
    assert read.found == {"7": {"state": 1, "price": 0.5}, "150": {"price": 2.0}}
    assert service.calls == ["BatchGetRow"] * 3
    assert (rows.adds_properties, rows.drops_missing) == (False, True)
    everything = source.item_rows(STATE).read(["7"])
    assert everything.found == {"7": {"state": 1, "price": 0.5, "ok": True, "title": "tea"}}


def test_lists_under_keys(service: TablestoreService, source: TablestoreServer) -> None:
    service.tables["shown"] = Table("trigger_id")
    service.tables["shown"].put(("-1",), {"item_ids": "a::1,b::2", "more": "c"})
    service.tables["shown"].put(("x",), {"more": "c"})
    lists = source.key_values(DAO, "trigger_id", "item_ids")
    assert lists.get_many(["-1", "x", "gone"]) == {"-1": ["a::1,b::2"]}
    assert lists.get_many([]) == {}
    assert service.calls == ["BatchGetRow"]


def test_hostile_values_are_only_values(service: TablestoreService, source: TablestoreServer) -> None:
    log = source.exposures(DAO, ExposureLimits())
    for uid in HOSTILE:
        log.append(uid, [f"item of {uid}"])
        assert log.shown(uid, []) == set(f"item of {uid}".split(","))


def test_a_table_that_is_not_there(source: TablestoreServer) -> None:
    rows = source.item_rows(STATE)
    read = rows.read(["7"])
    assert (read.unread, read.reason) == (
        {"7"},
        "TableStoreConfs.t: OTSObjectNotExist: Requested table does not exist.",
    )


def test_a_service_that_is_not_there(service: TablestoreService) -> None:
    served = TablestoreServer("t", conf(service, end_point=f"http://127.0.0.1:{free_port()}"))
    with pytest.raises(SourceFailed, match=r"TableStoreConfs\.t: .*refused"):
        served.user_lists(DAO).ids("u", [])
    served.close()


def test_a_wrong_secret_is_said_but_not_shown(service: TablestoreService) -> None:
    served = TablestoreServer("t", conf(service, access_key_secret="not-the-word"))
    with pytest.raises(SourceFailed, match="OTSAuthFailed: Signature mismatch") as caught:
        served.user_lists(DAO).ids("u", [])
    assert "not-the-word" not in caught.value.message
    served.close()


def test_a_slow_service_is_left_after_the_limit(service: TablestoreService) -> None:
    served = TablestoreServer("t", conf(service, read_timeout=50))
    service.pause = 0.5
    with pytest.raises(SourceFailed, match=r"TableStoreConfs\.t: no answer within 50 ms"):
        served.user_lists(DAO).ids("u", [])
    served.close()


@pytest.mark.parametrize(
    "wrong", [{"end_point": "host:80"}, {"end_point": ""}, {"access_key_id": ""}, {"instance_name": ""}]
)
def test_an_account_that_the_sdk_does_not_take_is_refused(wrong: dict[str, str]) -> None:
    good = TableStoreConf("http://127.0.0.1:1", INSTANCE, KEY_ID, KEY_SECRET)
    with pytest.raises(InvalidConfig, match="TableStoreName"):
        TablestoreServer("t", good.replace(**wrong))


def test_names_must_be_given(source: TablestoreServer) -> None:
    with pytest.raises(InvalidConfig, match="TableStoreTableName: is missing"):
        source.user_lists(DaoConf("tablestore"))
    with pytest.raises(InvalidConfig, match="ItemFieldName: is missing"):
        source.item_rows(STATE.replace(item_field_name=""))


def test_importing_it_is_silent() -> None:
    code = "import pairec_cli.online.tablestore, tablestore"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
