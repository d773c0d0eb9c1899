"""Addresses of the accounts app, beside allauth's own."""

from django.urls import path

from accounts.views import account, tokens

app_name = "accounts"

urlpatterns = [
    path("", account.account, name="account"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
]
