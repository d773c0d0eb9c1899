"""Addresses of the accounts app, beside allauth's own."""

from django.urls import path

from accounts import views

app_name = "accounts"

urlpatterns = [path("", views.account, name="account")]
