"""Addresses of the listening app."""

from django.urls import path

from listening.views import stars

app_name = "listening"

urlpatterns = [
    path("songs/<int:pk>/stars/", stars.stars, name="stars"),
    path("songs/<int:pk>/rate/", stars.rate, name="rate"),
    path("songs/<int:pk>/unrate/", stars.unrate, name="unrate"),
]
