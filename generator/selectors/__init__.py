"""Reads of the generator that span models."""

from generator.selectors.compose import ComposeStage, FirstSongs, Stage, compose_stage, first_songs
from generator.selectors.finding import (
    SongChoices,
    SongOrder,
    SongQuery,
    chosen_checkpoints,
    found_count,
    found_songs,
    listed_songs,
    song_choices,
    song_page,
    songs_in_order,
)
from generator.selectors.shelf import favourite_numbers, favourite_songs, heard_songs
from generator.selectors.songs import (
    SourceFact,
    featured_song,
    newest_songs,
    random_song,
    song_byline,
    song_sources,
)
from generator.selectors.statistics import StatisticsRow, dataset_study, statistics_rows
from generator.selectors.takes import note_rows, take_state, takes_of

__all__ = [
    "ComposeStage",
    "FirstSongs",
    "SongChoices",
    "SongOrder",
    "SongQuery",
    "SourceFact",
    "Stage",
    "StatisticsRow",
    "chosen_checkpoints",
    "compose_stage",
    "dataset_study",
    "favourite_numbers",
    "favourite_songs",
    "featured_song",
    "first_songs",
    "found_count",
    "found_songs",
    "heard_songs",
    "listed_songs",
    "newest_songs",
    "note_rows",
    "random_song",
    "song_byline",
    "song_choices",
    "song_page",
    "song_sources",
    "songs_in_order",
    "statistics_rows",
    "take_state",
    "takes_of",
]
