"""Every address of the site, app by app."""

from django.contrib import admin
from django.urls import include, path

from musicgen_site import views

urlpatterns = [
    path("", include("generator.urls")),
    path("", include("training.urls")),
    path("", include("listening.urls")),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.account.urls")),
    path("admin/", admin.site.urls),
    path("healthz", views.health, name="health"),
]
