"""The papers app: what a researcher takes away to write about."""

from django.apps import AppConfig


class PapersConfig(AppConfig):
    """Archives of songs, their provenance, figures and verdicts, ready to be cited."""

    name = "papers"
