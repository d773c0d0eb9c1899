"""The API keeps what its description promises, whatever it is sent."""

import os
from pathlib import Path

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from musicgen_site.wsgi import application

# tus' own name for plain bytes.
schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
SCHEMA = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)
# Not among them: refusing what the description allows (a dataset that is not there) is right.
CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]
# In all: eight of each operation, unless somebody asks for more (`make torture` does, and counts them).
# A tenth more of each, because an operation that takes nothing is sent once.
ALL_CASES = int(os.environ.get("MUSICGEN_API_CASES", "0"))
CASES = max(8, ALL_CASES * 11 // (10 * SCHEMA.statistic.operations.total))
COUNT_FILE = os.environ.get("MUSICGEN_API_COUNT")


sent: list[str] = []  # of the operation that is being tried


@pytest.fixture
def rows(make_song, make_run, researcher, make_token, settings):
    """Something to be asked for, and a token that may do everything."""
    settings.API_TOKEN_LIMIT = 10**9
    make_song()
    make_run()
    # The test's transaction outlives each request; Django's own test client does the same.
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    sent.clear()
    yield {"Authorization": make_token(researcher)["HTTP_AUTHORIZATION"]}
    if COUNT_FILE:
        with Path(COUNT_FILE).open("a") as counted:
            counted.write(f"{len(sent)}\n")
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@SCHEMA.parametrize()
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize=not ALL_CASES,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_it_never_fails_and_answers_as_described(case, rows):
    sent.append(case.path)
    case.call_and_validate(headers=rows, checks=CHECKS)
