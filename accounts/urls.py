"""Addresses of the accounts app, beside allauth's own."""

from django.urls import path

from accounts.views import account, moderation, tokens

app_name = "accounts"

urlpatterns = [
    path("", account.account, name="account"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<int:pk>/revoke/", tokens.token_revoke, name="token_revoke"),
    path("report/<slug:kind>/<int:pk>/", moderation.report, name="report"),
    path("moderation/", moderation.moderation, name="moderation"),
    path("moderation/<int:pk>/settle/", moderation.flag_settle, name="flag_settle"),
]
