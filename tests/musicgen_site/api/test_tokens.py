"""Tokens: made on the account page, shown once, for what was chosen and no more."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import ApiToken, Scope


def test_it_makes_shows_once_and_revokes_a_token(client, listener_user):
    client.force_login(listener_user)
    made = client.post("/account/tokens/", {"name": "laptop", "scopes": ["read"], "days": "30"}, follow=True)
    words = made.context["words"]
    assert words.startswith("mg_")
    assert words in made.content.decode()
    token = ApiToken.objects.get(user=listener_user)
    assert words not in str(vars(token)), "the words themselves are kept"
    assert words not in client.get("/account/tokens/").content.decode()
    header = {"HTTP_AUTHORIZATION": f"Bearer {words}"}
    assert client.get("/api/v1/me", **header).json()["email"] == listener_user.email
    client.post(f"/account/tokens/{token.pk}/revoke/")
    assert client.get("/api/v1/me", **header).status_code == 401


def test_it_refuses_a_token_without_name_or_purpose(client, listener_user):
    client.force_login(listener_user)
    assert client.post("/account/tokens/", {"name": "", "scopes": []}).status_code == 422
    assert not ApiToken.objects.exists()


def test_it_revokes_nobody_elses_token(client, listener_user, researcher, make_token):
    make_token(researcher)
    client.force_login(listener_user)
    assert client.post(f"/account/tokens/{ApiToken.objects.get().pk}/revoke/").status_code == 404


def test_it_ends_with_its_time_and_with_its_user(client, researcher, make_token):
    old = make_token(researcher, expires_at=timezone.now() - timedelta(seconds=1))
    assert client.get("/api/v1/me", **old).status_code == 401
    good = make_token(researcher)
    researcher.is_active = False
    researcher.save()
    assert client.get("/api/v1/me", **good).status_code == 401


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("post", "/api/v1/compose", Scope.COMPOSE),
        ("post", "/api/v1/datasets", Scope.DATASETS),
        ("post", "/api/v1/runs", Scope.RUNS),
        ("post", "/api/v1/runs/1/stop", Scope.RUNS),
        ("get", "/api/v1/runs/1/log", Scope.READ),
    ],
)
def test_it_demands_the_scope(client, researcher, make_token, method, path, scope):
    call = getattr(client, method)
    refused = call(path, {}, content_type="application/json")
    assert refused.status_code == 401
    assert refused["WWW-Authenticate"] == "Bearer"
    others = make_token(researcher, *(set(Scope.values) - {scope}))
    answer = call(path, {}, content_type="application/json", **others)
    assert answer.status_code == 403
    assert answer["Content-Type"] == "application/problem+json"
    assert scope.value in answer.json()["detail"]


def test_it_lets_only_researchers_do_research(client, listener_user, make_token):
    header = make_token(listener_user)
    answer = client.post("/api/v1/runs", {"dataset_id": 1}, content_type="application/json", **header)
    assert answer.status_code == 403


def test_it_lets_no_cookie_write(client, researcher):
    client.force_login(researcher)
    assert client.post("/api/v1/runs", {"dataset_id": 1}, content_type="application/json").status_code == 401


def test_it_says_so_when_a_token_for_reading_is_not_usable(client, db):
    assert client.get("/api/v1/songs").status_code == 200
    assert client.get("/api/v1/songs", HTTP_AUTHORIZATION="Bearer mg_wrong").status_code == 401
