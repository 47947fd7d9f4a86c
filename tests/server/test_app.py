"""The HTTP API: fields and codes as PAI-Rec has them, and what happens to bodies that are none."""

from __future__ import annotations

import gzip
import json
import threading
import time
from pathlib import Path
from typing import Any, ClassVar

import pyarrow as pa
import pytest

from pairec_cli.domain.candidates import Item
from pairec_cli.domain.records import Record
from pairec_cli.domain.stages import Recalled, RequestContext, Resources
from tests.engine.stores import config, custom, hot
from tests.server.conftest import Site, TestClient

HOSTILE = [
    "a'b",
    'a"b',
    "a\nb",
    "日本🎉",
    "x" * 10_000,
    "a\x00b",
    "'; drop table view_1; --",
    "${user.x}",
    " ",
]


def ask(client: TestClient, path: str = "/api/recommend", **body: Any) -> dict[str, Any]:
    response = client.post(path, json={"uid": "1", "scene_id": "home", **body})
    assert response.status_code == 200
    assert response.headers["content-type"] == "application/json"
    document: dict[str, Any] = response.json()
    return document


def test_recommend(client: TestClient) -> None:
    answer = ask(client, size=2)
    assert len(answer.pop("request_id")) == 36
    assert answer == {
        "code": 200,
        "msg": "success",
        "size": 2,
        "items": [
            {"item_id": "a", "item_type": "", "retrieve_id": "u2i"},
            {"item_id": "b", "item_type": "", "retrieve_id": "r"},
        ],
    }


def test_fewer_items_than_asked_for(client: TestClient) -> None:
    answer = ask(client, size=9)
    assert (answer["code"], answer["msg"], answer["size"]) == (299, "items size not enough", 5)
    assert ask(client)["size"] == ask(client, size=-3)["size"] == 5
    assert ask(client, scene_id="nowhere")["code"] == 299
    assert ask(client, scene_id="nowhere")["items"] == []


def test_keys_match_without_case_and_null_is_absent(client: TestClient) -> None:
    body = {"UID": "1", "Scene_Id": "home", "size": None, "features": None}
    assert client.post("/api/recommend", json=body).json()["items"][0]["item_id"] == "a"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "request body empty"),
        (b"  ", "request body empty"),
        (b"{", "not JSON"),
        (b"[]", "must be a JSON object"),
        (b"\xff\xfe", "not JSON"),
        (b'{"uid": "\\ud800"}', "not JSON"),
        (b'{"uid": 5}', "uid must be a string"),
        (b"{}", "uid not empty"),
        (b'{"uid": ""}', "uid not empty"),
        (b'{"uid": "1", "size": "3"}', "size must be an integer"),
        (b'{"uid": "1", "size": true}', "size must be an integer"),
        (b'{"uid": "1", "features": []}', "features must be an object"),
        (b"[" * 5_000, "not JSON"),
    ],
)
@pytest.mark.parametrize("path", ["/api/recommend", "/api/rec/feed", "/api/recall"])
def test_a_body_that_is_refused_is_code_400(client: TestClient, path: str, body: bytes, message: str) -> None:
    response = client.post(path, content=body)
    assert response.status_code == 200
    answer = response.json()
    assert (answer["code"], answer["items"]) == (400, [])
    assert message in answer["msg"]
    assert answer["request_id"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_texts_are_served(client: TestClient, text: str) -> None:
    items = [{"item_id": text, text: text}]
    for path in ("/api/recommend", "/api/rec/feed", "/api/recall"):
        body = {
            "uid": text,
            "scene_id": "home",
            "features": {text: text},
            "item_id": text,
            "item_list": items,
        }
        assert client.post(path, json=body).json()["code"] in (200, 299)
        assert client.post(path, json={**body, "scene_id": text, "category": text}).json()["code"] == 299
    assert ask(client)["items"][0]["item_id"] == "a"


def test_feed_has_scores_context_and_output_fields(site: Site) -> None:
    document = config(custom("u2i"))
    scene = document["SceneConfs"]["home"]["default"]
    scene["RecallNames"] = ["ContextItemRecall"]
    scene["OutputFields"] = ["item:cat", "item:gone", "score:*"]
    site.write(document)
    with site.client() as client:
        given = [{"item_id": 7, "score": 0.5, "cat": "x"}, {"item_id": "k"}]
        answer = ask(client, "/api/rec/feed", request_id="r-1", item_list=given, size=2)
        debug = ask(client, "/api/rec/feed", item_list=given, size=2, debug=True)
    assert answer == {
        "code": 200,
        "msg": "success",
        "request_id": "r-1",
        "size": 2,
        "experiment_id": "",
        "items": [
            {
                "item_id": "7",
                "score": 0.5,
                "retrieve_id": "ContextItemRecall",
                "extra": {"cat": "x", "algo_scores": {}},
            },
            {
                "item_id": "k",
                "score": 0.0,
                "retrieve_id": "ContextItemRecall",
                "extra": {"algo_scores": {}},
            },
        ],
    }
    assert [item["new_position"] for item in debug["items"]] == [1, 2]
    assert debug["logs"][0].startswith("[INFO] recall ContextItemRecall in=0 out=2 cost=")


def test_recall_gives_candidates_after_filters_and_says_who_gave_none(client: TestClient) -> None:
    answer = ask(client, "/api/recall", uid="7", size=2)
    assert answer["items"] == [
        {"item_id": "c", "retrieve_id": "hot"},
        {"item_id": "d", "retrieve_id": "hot"},
    ]
    assert answer["errors"] == ["recall u2i gave nothing: view 'u2i' has no key '7'"]
    assert (answer["code"], answer["msg"]) == (200, "success")
    short = ask(client, "/api/recall", uid="7", size=4)
    assert (short["code"], short["msg"], short["size"]) == (299, "items size not enough", 3)


def test_recall_has_a_category_of_its_own(site: Site) -> None:
    document = config(custom("u2i"), hot("hot"))
    document["SceneConfs"]["home"] = {
        "default": {"RecallNames": ["u2i"]},
        "default_category": {"RecallNames": ["hot"]},
    }
    site.write(document)
    with site.client() as client:
        for body, first in (({}, "c"), ({"category": "default"}, "a"), ({"category": "other"}, "c")):
            assert ask(client, "/api/recall", size=1, **body)["items"][0]["item_id"] == first
        assert ask(client, "/api/recommend", size=1)["items"][0]["item_id"] == "a"


def test_what_recall_gives_whole_counts_as_shown(site: Site) -> None:
    dao = {"AdapterType": "featurestore", "FeatureStoreName": "fs", "FeatureStoreViewName": "shown"}
    exposure = {"Name": "e", "FilterType": "User2ItemExposureFilter", "WriteLog": True, "DaoConf": dao}
    site.write(config(custom("u2i"), FilterConfs=[exposure], FilterNames={"home": ["e"]}))
    with site.client() as client:
        assert ask(client, "/api/recall", size=9)["size"] == 3
        assert ask(client, "/api/recall", size=2)["size"] == 2
        assert [item["item_id"] for item in ask(client, "/api/recall", size=2)["items"]] == ["c"]


def test_packed_bodies(client: TestClient) -> None:
    body = json.dumps({"uid": "1", "scene_id": "home"}).encode()
    headers = {"content-encoding": "gzip"}
    assert client.post("/api/rec/feed", content=gzip.compress(body), headers=headers).json()["size"] == 5
    torn = client.post("/api/rec/feed", content=gzip.compress(body)[:-9], headers=headers).json()
    assert (torn["code"], torn["msg"]) == (400, "the gzip body ends too soon")
    assert client.post("/api/rec/feed", content=b"plain", headers=headers).json()["code"] == 400
    other = client.post("/api/rec/feed", content=body, headers={"content-encoding": "br"})
    assert (other.status_code, other.json()["code"]) == (415, 415)


def framed(body: bytes, encoding: str) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, encoding) as writer:
        writer.write(body)
    return bytes(sink.getvalue().to_pybytes())


@pytest.mark.parametrize("encoding", ["zstd", "lz4"])
def test_bodies_in_frames(site: Site, encoding: str) -> None:
    def post(body: bytes, **headers: str) -> Any:
        sent = {"content-encoding": encoding, "accept-encoding": encoding, **headers}
        return client.post("/api/rec/feed", content=body, headers=sent)

    whole = {"uid": "1", "scene_id": "home", "debug": True}
    body = framed(json.dumps(whole).encode(), encoding)
    with site.client(limits={"body": 2_000}) as client:
        answer = post(body)
        assert answer.headers["content-encoding"] == encoding
        plain = pa.CompressedInputStream(pa.BufferReader(answer.content), encoding).read()
        assert json.loads(plain)["size"] == 5
        assert post(body[:-5]).json()["code"] == 400
        assert post(b"plain").json()["code"] == 400
        assert post(framed(b'{"uid": "1"}' + b" " * 5_000, encoding)).status_code == 413


def test_answers_are_packed_for_those_who_take_it(client: TestClient) -> None:
    items = [{"item_id": f"item-{n}"} for n in range(9)]
    body = {"uid": "1", "scene_id": "home", "debug": True, "item_list": items}
    for accepted, packed in (
        *(("gzip", "gzip"), ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip"), ("GZIP", "gzip")),
        *(("identity", None), ("gzip;q=0", None), ("br", None)),
    ):
        response = client.post("/api/rec/feed", json=body, headers={"accept-encoding": accepted})
        assert response.headers.get("content-encoding") == packed
        assert response.json()["size"] == 5


@pytest.mark.parametrize("packed", [False, True])
def test_a_body_that_is_too_large(site: Site, packed: bool) -> None:
    body = json.dumps({"uid": "1", "features": {"x": "y" * 5_000}}).encode()
    headers = {"content-encoding": "gzip"} if packed else {}
    with site.client(limits={"body": 2_000}) as client:
        response = client.post(
            "/api/recommend", content=gzip.compress(body) if packed else body, headers=headers
        )
        assert (response.status_code, response.json()["code"]) == (413, 413)
        assert ask(client)["code"] == 299


def test_a_token_is_asked_for_everywhere_but_at_ping(site: Site) -> None:
    with site.client(token="s3cret") as client:
        assert client.get("/ping").text == "success"
        for headers in ({}, {"authorization": "Bearer other"}, {"authorization": "s3cret"}):
            response = client.post("/api/recommend", json={"uid": "1"}, headers=headers)
            assert (response.status_code, response.json()["code"]) == (401, 401)
            assert client.get("/metrics", headers=headers).status_code == 401
        right = {"authorization": "Bearer s3cret"}
        body = {"uid": "1", "scene_id": "home"}
        assert client.post("/api/recommend", json=body, headers=right).json()["size"] == 5


def test_other_routes(client: TestClient) -> None:
    assert client.get("/route_paths").json()[0] == "/api/recommend"
    assert client.get("/nowhere").status_code == 404
    assert client.delete("/api/recommend").status_code == 405
    assert set(client.get("/openapi.json").json()["paths"]) == {
        *("/api/recommend", "/api/rec/feed", "/api/recall", "/api/callback"),
        *("/ping", "/route_paths", "/metrics"),
    }
    assert (
        client.request("GET", "/api/recommend", content=b'{"uid":"1","scene_id":"home"}').json()["size"] == 5
    )


def test_metrics_count_requests_and_answers(client: TestClient) -> None:
    ask(client)
    ask(client, scene_id="nowhere")
    client.get("/nowhere")
    text = client.get("/metrics").text
    for line in (
        'pairec_requests_total{route="/api/recommend",status="200"} 2.0',
        'pairec_requests_total{route="other",status="404"} 1.0',
        'pairec_answers_total{code="299",scene="home"} 1.0',
        "pairec_config_ok 1.0",
    ):
        assert line in text
    assert "nowhere" not in text


class Slow:
    """A recall that waits until it is let go."""

    Config: ClassVar[type[Record]] = Record
    title, remote = "slow", False
    go = threading.Event()

    def __init__(self, name: str, config: Record, resources: Resources) -> None:
        self.name = name

    def recall(self, context: RequestContext) -> Recalled:
        assert self.go.wait(30)
        return Recalled([Item("slow")])


class Torn(Slow):
    """A filter that breaks in a way that nobody foresaw."""

    drops = "it cannot"

    def apply(self, items: list[Item], context: RequestContext) -> list[Item]:
        raise ZeroDivisionError("secret detail")


def plugin(kind: type) -> str:
    return f"{kind.__module__}:{kind.__name__}"


def test_an_answer_that_takes_too_long(site: Site) -> None:
    site.write(config({"Name": "slow", "RecallType": plugin(Slow)}))
    with site.client(limits={"seconds": 0.05}) as client:
        response = client.post("/api/recommend", json={"uid": "1", "scene_id": "home"})
        assert (response.status_code, response.json()["code"]) == (504, 504)
        Slow.go.set()
        assert "pairec_requests_under_way 1.0" in client.get("/metrics").text


def test_what_breaks_is_a_plain_server_error_and_the_server_lives(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    document = config(custom("u2i"))
    document["FilterConfs"] = [{"Name": "torn", "FilterType": plugin(Torn)}]
    document["FilterNames"] = {"home": ["torn"]}
    document["SceneConfs"]["other"] = document["SceneConfs"]["home"]
    site.write(document)
    with site.client() as client:
        response = client.post("/api/recommend", json={"uid": "1", "scene_id": "home"})
        assert (response.status_code, response.text) == (500, "server error")
        assert ask(client, scene_id="other")["size"] == 3
    failed = next(record for record in caplog.records if record.getMessage() == "request_failed")
    assert failed.fields["scene"] == "home"  # type: ignore[attr-defined]  # our own field


def test_a_changed_configuration_is_taken_and_a_broken_one_is_not(site: Site) -> None:
    with site.client() as client:
        assert ask(client)["size"] == 5
        site.write(config(hot("hot")))
        assert site.serving.refresh()
        assert ask(client)["size"] == 3
        assert not site.serving.refresh()
        site.write('{"RecallConfs": [')
        assert not site.serving.refresh()
        site.write({**config(custom("u2i")), "FilterConfs": [{"FilterType": "?"}]})
        assert not site.serving.refresh()
        assert ask(client)["size"] == 3
        text = client.get("/metrics").text
        assert "pairec_config_ok 0.0" in text
        assert 'pairec_config_reloads_total{result="refused"} 2.0' in text
        site.write(config(custom("u2i")))
        assert site.serving.refresh()
        assert "pairec_config_ok 1.0" in client.get("/metrics").text


def test_requests_go_on_while_the_configuration_changes(site: Site) -> None:
    """Every answer is that of one configuration or of the other."""
    sizes: set[int] = set()
    with site.client() as client:
        stop = time.monotonic() + 1.0
        documents = [config(custom("u2i")), config(hot("hot"), custom("u2i"))]
        changes = 0

        def change() -> None:
            nonlocal changes
            while time.monotonic() < stop:
                site.write(documents[changes % 2])
                changes += site.serving.refresh()

        changer = threading.Thread(target=change)
        changer.start()
        while time.monotonic() < stop:
            sizes.add(ask(client)["size"])
        changer.join()
    assert changes > 3
    assert sizes == {3, 5}


def test_the_file_is_watched(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pairec_cli.server.serving.RELOAD_SECONDS", 0.02)
    with site.client() as client:
        site.write(config(hot("hot")))
        deadline = time.monotonic() + 30
        while ask(client)["size"] != 3:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_the_uid_is_not_in_the_log(site: Site, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "pairec.server")
    with site.client(token="s3cret") as client:
        body = {"uid": "personal-7", "scene_id": "home", "size": 1}
        client.post("/api/recommend", json=body, headers={"authorization": "Bearer s3cret"})
    (line,) = [record for record in caplog.records if record.getMessage() == "request"]
    fields = line.fields  # type: ignore[attr-defined]  # our own field
    assert fields.keys() == {"path", "status", "ms", "request_id", "scene", "code"}
    assert all("personal" not in str(record.__dict__) for record in caplog.records)
    assert all("s3cret" not in str(record.__dict__) for record in caplog.records)


def test_callbacks_are_kept_for_scenes_that_ask_for_it(site: Site) -> None:
    site.write({**config(custom("u2i")), "CallBackConfs": {"home": {}}})
    shown = {"item_list": [{"item_id": 5, "cat": "x"}], "features": {"age": 3}, "request_id": "r1"}
    with site.client() as client:
        assert ask(client, "/api/callback", **shown) == {"code": 200, "msg": "success", "request_id": "r1"}
        assert ask(client, "/api/callback", **shown, scene_id="../x")["code"] == 200
        for key in ("item_list", "request_id"):
            assert ask(client, "/api/callback", **{**shown, key: None})["msg"] == f"{key} not empty"
    (path,) = (site.folder / "callbacks").rglob("*.jsonl")
    assert path.parent == site.folder / "callbacks" / "home"
    user, item = [json.loads(line) for line in path.read_text("utf-8").splitlines()]
    assert (user["module"], user["user_features"]) == ("user", {"age": 3, "uid": "1"})
    assert (item["item_id"], item["item_features"]) == ("5", {"cat": "x"})


def test_without_a_configuration_there_is_no_server(tmp_path: Path) -> None:
    site = Site(tmp_path)
    site.write("{")
    with pytest.raises(ValueError, match="Expecting"):
        site.client()
    site.db.close()
