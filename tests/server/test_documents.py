"""The OpenAPI document against the server: no request that it describes, right or wrong, breaks it."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.server.conftest import Site

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of the library's own
    import schemathesis
    from schemathesis import GenerationMode

EXAMPLES = settings(
    max_examples=12, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck), database=None
)
PATHS = ["/api/recommend", "/api/rec/feed", "/api/recall", "/api/callback"]


@pytest.fixture(scope="module")
def schema(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    site = Site(tmp_path_factory.mktemp("site"))
    with site.client() as client:
        yield schemathesis.openapi.from_dict(client.get("/openapi.json").json()), client
    site.db.close()


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("path", PATHS)
def test_no_request_breaks_the_server(schema: Any, path: str, mode: GenerationMode) -> None:
    document, client = schema

    @EXAMPLES
    @given(data=st.data())
    def check(data: st.DataObject) -> None:
        case = data.draw(document[path]["POST"].as_strategy(generation_mode=mode))
        sent = case.as_transport_kwargs(base_url="http://testserver")
        content = sent.pop("data", None)
        keys = {"method", "url", "params", "headers", "json"}
        response = client.request(content=content, **{k: v for k, v in sent.items() if k in keys})
        assert response.status_code < 500

    check()


def test_the_document_describes_every_field(schema: Any) -> None:
    document, _ = schema
    for path in PATHS:
        (operation,) = document.raw_schema["paths"][path].values()
        body = operation["requestBody"]["content"]["application/json"]["schema"]
        assert set(body["required"]) <= set(body["properties"])
        assert operation["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["code"]
