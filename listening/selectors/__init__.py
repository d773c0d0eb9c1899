"""Reads of the listening app."""

from listening.selectors.stars import SongStars, song_stars

__all__ = ["SongStars", "song_stars"]
