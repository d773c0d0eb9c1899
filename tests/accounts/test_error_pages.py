"""What is shown when something is wrong."""

import pytest
from django.db import OperationalError
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse


def test_it_says_that_there_is_nothing(client, db):
    answer = client.get("/no/such/page")
    assert answer.status_code == 404
    text = answer.content.decode()
    assert "There is nothing here" in text
    assert 'class="site-header"' in text


def test_it_says_that_a_form_was_refused():
    answer = Client(enforce_csrf_checks=True).post(reverse("account_login"), {})
    assert answer.status_code == 403
    assert "The form had to be refused" in answer.content.decode()


@pytest.mark.parametrize("name", ["400.html", "500.html"])
def test_it_stands_without_the_sites_context(name):
    assert "<h1>" in render_to_string(name, {}, request=None)


def test_it_hides_the_fault_and_says_whose_it_is(client, db, monkeypatch):
    def broken(*args):
        raise RuntimeError("a secret")

    monkeypatch.setattr("generator.views.songs.featured_song", broken)
    client.raise_request_exception = False
    answer = client.get(reverse("generator:home"))
    assert answer.status_code == 500
    text = answer.content.decode()
    assert "The fault is ours" in text
    assert "secret" not in text


def test_it_says_when_the_disk_is_full(client, db, monkeypatch):
    def full(*args):
        raise OperationalError("database or disk is full")

    monkeypatch.setattr("generator.views.songs.featured_song", full)
    client.raise_request_exception = False
    answer = client.get(reverse("generator:home"), headers={"accept": "text/html"})
    assert answer.status_code == 507
    assert "no room left" in answer.content.decode()


def test_it_keeps_the_role_page_for_users(rf, listener_user):
    request = RequestFactory().get("/")
    request.user = listener_user
    assert "role" in render_to_string("accounts/role_needed.html", {"role": "researcher"}, request=request)
