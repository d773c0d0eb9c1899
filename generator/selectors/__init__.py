"""Reads of the generator that span models."""

from generator.selectors.compose import ComposeStage, FirstSongs, Stage, compose_stage, first_songs
from generator.selectors.songs import SongOrder, SourceFact, featured_song, listed_songs, song_sources
from generator.selectors.statistics import StatisticsRow, statistics_rows

__all__ = [
    "ComposeStage",
    "FirstSongs",
    "SongOrder",
    "SourceFact",
    "Stage",
    "StatisticsRow",
    "compose_stage",
    "featured_song",
    "first_songs",
    "listed_songs",
    "song_sources",
    "statistics_rows",
]
