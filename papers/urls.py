"""Addresses of the papers app."""

from django.urls import path

from papers.views import exports

app_name = "papers"

urlpatterns = [
    path("papers/", exports.exports, name="exports"),
    path("papers/<uuid:key>/", exports.export, name="export"),
    path("papers/<uuid:key>/status/", exports.export_status, name="export_status"),
    path("papers/<uuid:key>/download/", exports.export_download, name="export_download"),
]
