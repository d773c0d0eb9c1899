"""A song is described: what lists are narrowed by, and its little picture."""

from generator.families import families_of
from generator.models import Song
from generator.roll.sketch import sketch_path
from generator.roll.words import mean_tempo_bpm
from generator.selectors.styles import style_of
from musicgen.score import Score
from musicgen.statistics.keys import key_estimate


def song_describe(*, song: Song, score: Score) -> None:
    """Keep what its notes say: key, tempo, instruments, sketch; and what such music is called."""
    song.key = key_estimate(score) or ""
    song.tempo_bpm = round(mean_tempo_bpm(score), 2)
    song.families = families_of(score)
    song.sketch = sketch_path(score)
    song.style = song.style or style_of(song)
    song.save(update_fields=["key", "tempo_bpm", "families", "sketch", "style"])
