"""Every address of the site, app by app."""

from django.contrib import admin
from django.urls import include, path, re_path

from musicgen_site import views
from musicgen_site.api.v1 import api

handler500 = "musicgen_site.views.server_error"

urlpatterns = [
    path("", include("generator.urls")),
    path("", include("training.urls")),
    path("", include("listening.urls")),
    path("", include("papers.urls")),
    path("account/", include("accounts.urls")),
    path("account/", include("allauth.account.urls")),
    path("api/v1/docs/", views.api_docs, name="api_docs"),
    path("api/v1/", api.urls),
    re_path(r"^api/v1/[\s\S]*$", views.api_missing),
    path("admin/", admin.site.urls),
    path("healthz", views.health, name="health"),
    path("readyz", views.ready, name="ready"),
    path("metrics", views.metrics, name="metrics"),
]
