"""Every operation of the OpenAPI document, with generated input, against a running installation: no answer of 5xx, and
every answer as documented: status, media type and shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.e2e.conftest import Site, open_site
from tests.up import open_folder

pytestmark = pytest.mark.xdist_group("fuzz")

EXAMPLES = 6
#: What would end the run itself, or never ends.
LEFT_OUT = r"/(auth|tokens|users|demo)(/|$)|/stream$|/events$|/installation/(check|rebuild)"


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Site]:
    """An installation with a little of everything."""
    with open_folder("fidelia-fuzz-") as folder, open_site(folder) as site:
        furnish(site)
        yield site


def furnish(site: Site) -> None:
    """Make one of each kind."""
    with site.api() as api:
        people = [{"email": f"p{n}@example.com", "first_name": "P", "city": "Oslo"} for n in range(5)]
        database = api.post("/databases", json={"name": "fuzz", "fields": [{"name": "age", "type": "integer"}]}).json()[
            "id"
        ]
        api.post(f"/databases/{database}/profiles/upsert", json={"items": people}).raise_for_status()
        api.post("/resources", json={"name": "News"}).raise_for_status()
        api.post("/segments", json={"name": "S", "database_id": database, "type": "static"}).raise_for_status()


@pytest.fixture(scope="module")
def document(fuzzed: Site) -> Any:
    """The served document, as schemathesis sees it."""
    return schemathesis.openapi.from_url(f"{fuzzed.url}/api/v1/openapi.json").exclude(path_regex=LEFT_OUT)


def test_every_operation_answers_as_documented(document: Any, fuzzed: Site) -> None:
    checks = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
    headers = {"Authorization": f"Bearer {fuzzed.token}"}
    faults: list[str] = []
    tried = 0
    session = requests.Session()  # one connection instead of thousands
    session.trust_env = False  # nor a look for proxies before each request
    for found in document.get_all_operations():
        operation = found.ok()

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def ask(case: Case) -> None:
            nonlocal tried
            tried += 1
            reply = case.call(headers=headers, timeout=30, session=session)
            if reply.status_code >= 500:
                raise AssertionError(f"{reply.status_code} {reply.text[:300]} for {case.as_curl_command()[:500]}")
            case.validate_response(reply, checks=checks)

        try:
            ask()
        except BaseExceptionGroup as failures:
            faults.append(f"{operation.label}: {failures.exceptions[0]}")
        except Exception as failure:  # noqa: BLE001 (each operation is reported, not only the first)
            faults.append(f"{operation.label}: {failure}")
    assert tried > 300
    assert not faults, f"{len(faults)} operations\n" + "\n".join(faults)
