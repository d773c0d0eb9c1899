"""What was thrown away goes after a stated time, and what may have been judged does not."""

from datetime import timedelta

from django.utils import timezone

from generator.models import ComposeRequest, Song
from generator.models.song import KEPT_DAYS
from generator.services import song_publish, song_take_back, song_throw_away, songs_clear
from training.signals import time_passed


def test_it_clears_after_its_days_what_was_never_public(make_song, make_request, client):
    gone, back, judged, kept = (make_song(is_published=False) for _ in range(4))
    take = make_request(song=gone, listener=None)
    song_publish(song=judged)
    for song in (gone, back, judged):
        song_throw_away(song=song)
    song_take_back(song=back)
    assert gone.cleared_at > timezone.now() + timedelta(days=KEPT_DAYS - 1)
    assert judged.cleared_at is None
    assert songs_clear() == 0  # not yet
    Song.objects.exclude(thrown_away_at=None).update(
        thrown_away_at=timezone.now() - timedelta(days=KEPT_DAYS, seconds=1)
    )
    folder = gone.folder
    time_passed.send(sender=None)
    assert set(Song.objects.all()) == {back, judged, kept}
    assert folder.is_dir()  # until it is sure that the row is gone
    assert ComposeRequest.objects.get(pk=take.pk).song is None


def test_it_clears_the_files_with_the_row(make_song, django_capture_on_commit_callbacks):
    song = make_song(is_published=False)
    song_throw_away(song=song)
    with django_capture_on_commit_callbacks(execute=True):
        assert songs_clear(now=timezone.now() + timedelta(days=KEPT_DAYS, seconds=1)) == 1
    assert not song.folder.exists()
