"""Signing up, in and out, and the pages around it, all in the site's own look."""

import re

import pytest
from django.core import mail
from django.urls import reverse

from accounts.models import Listener, User

PASSWORD = "a-long-password"


def sign_in(client, user, password=PASSWORD):
    return client.post(reverse("account_login"), {"login": user.email, "password": password})


def in_our_look(answer):
    text = answer.content.decode()
    return 'class="site-header"' in text and "accounts/account.css" in text


@pytest.mark.parametrize(
    "name",
    [
        "account_login",
        "account_signup",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key_done",
        "account_inactive",
        "account_email_verification_sent",
    ],
)
def test_it_shows_visitors_our_own_pages(client, db, name):
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert in_our_look(answer)
    assert answer.content.decode().count("<h1>") == 1


@pytest.mark.parametrize(
    "name",
    [
        "account_logout",
        "account_email",
        "account_change_password",
        "account_reauthenticate",
        "accounts:account",
    ],
)
def test_it_shows_users_our_own_pages(client, listener_user, name):
    assert client.get(reverse(name)).status_code == 302  # a visitor is sent elsewhere
    sign_in(client, listener_user)
    answer = client.get(reverse(name))
    assert answer.status_code == 200
    assert in_our_look(answer)


def test_it_signs_up_in_and_out(client, db):
    form = {"email": "New@Example.org", "password1": PASSWORD, "password2": PASSWORD}
    answer = client.post(reverse("account_signup"), form)
    assert answer.status_code == 302
    user = User.objects.get(email="new@example.org")
    text = client.get(reverse("accounts:account")).content.decode()
    assert "new@example.org" in text
    assert "Researchers upload datasets" in text
    client.post(reverse("account_logout"))
    assert client.get(reverse("accounts:account")).status_code == 302
    assert sign_in(client, user).status_code == 302
    assert client.get(reverse("accounts:account")).status_code == 200


def test_it_says_what_is_wrong_with_a_sign_up(client, listener_user):
    form = {"email": "not an address", "password1": "short", "password2": "other"}
    answer = client.post(reverse("account_signup"), form)
    assert answer.status_code == 200
    assert answer.context["form"].errors.keys() >= {"email", "password1"}
    assert "errorlist" in answer.content.decode()


def test_it_goes_back_to_where_sign_in_was_asked_for(client, listener_user):
    answer = client.get(reverse("account_login"), {"next": "/songs/"})
    assert 'value="/songs/"' in answer.content.decode()
    form = {"login": listener_user.email, "password": PASSWORD, "next": "/songs/"}
    assert client.post(reverse("account_login"), form).url == "/songs/"


def test_it_goes_to_no_other_site_after_sign_in(client, listener_user):
    form = {"login": listener_user.email, "password": PASSWORD, "next": "https://evil.example/"}
    assert client.post(reverse("account_login"), form).url == "/"


def test_it_does_not_sign_out_over_get(client, listener_user):
    sign_in(client, listener_user)
    client.get(reverse("account_logout"))
    assert client.get(reverse("accounts:account")).status_code == 200


def test_it_resets_a_forgotten_password(client, listener_user):
    client.post(reverse("account_reset_password"), {"email": listener_user.email})
    link = re.search(r"https?://[^/\s]+(/\S+)", mail.outbox[0].body).group(1)
    answer = client.get(link, follow=True)
    assert "Choose a new password" in answer.content.decode()
    assert in_our_look(answer)
    path = answer.redirect_chain[-1][0]
    new = "another-long-password"
    client.post(path, {"password1": new, "password2": new})
    assert sign_in(client, listener_user, new).status_code == 302
    client.post(reverse("account_logout"))
    assert "too old, or was used already" in client.get(link, follow=True).content.decode()


def test_it_does_not_tell_who_has_an_account(client, db):
    answer = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
    assert answer.url == reverse("account_reset_password_done")


def test_it_changes_a_password(client, listener_user):
    sign_in(client, listener_user)
    new = "another-long-password"
    form = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    client.post(reverse("account_change_password"), form)
    listener_user.refresh_from_db()
    assert listener_user.check_password(new)


def test_it_locks_out_who_guesses(client, listener_user, settings):
    settings.ACCOUNT_RATE_LIMITS = False  # allauth's own, shorter, limit would answer first
    settings.AXES_FAILURE_LIMIT = 3
    answers = [sign_in(client, listener_user, "wrong-password") for _ in range(4)]
    assert answers[-1].status_code == 429
    assert "Too many attempts" in answers[-1].content.decode()
    assert sign_in(client, listener_user).status_code == 429  # the right password too, for now


def test_it_shows_the_roles(client, researcher):
    sign_in(client, researcher)
    text = client.get(reverse("accounts:account")).content.decode()
    assert "researcher" in text
    assert "Researchers upload datasets" not in text


def test_it_says_how_to_become_a_researcher(client, listener_user):
    sign_in(client, listener_user)
    answer = client.get(reverse("training:dataset_upload"))
    assert answer.status_code == 403
    assert f"role {listener_user.email} researcher" in answer.content.decode()


def test_it_makes_the_browsers_listener_the_users(client, listener_user):
    from django.core.signing import get_cookie_signer

    from accounts.middleware import COOKIE, COOKIE_SALT

    anonymous = Listener.objects.create()
    client.cookies[COOKIE] = get_cookie_signer(salt=COOKIE + COOKIE_SALT).sign(str(anonymous.pk))
    sign_in(client, listener_user)
    anonymous.refresh_from_db()
    assert anonymous.user == listener_user
