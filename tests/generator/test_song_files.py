"""The files of songs over HTTP."""

import pytest
from django.urls import reverse

from tests.generator.conftest import SOUND, add_sound


def sound_address(song, name="opus"):
    return reverse("generator:song_audio", args=[song.pk, name])


def read(answer):
    return b"".join(answer.streaming_content)


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("opus", "audio/ogg; codecs=opus"),
        ("mp3", "audio/mpeg"),
        ("flac", "audio/flac"),
        ("wav", "audio/wav"),
    ],
)
def test_it_serves_each_format_with_its_type(client, make_song, name, content_type):
    song = make_song(formats=(name,))
    answer = client.get(sound_address(song, name))
    assert answer.status_code == 200
    assert answer["Content-Type"] == content_type
    assert answer["Accept-Ranges"] == "bytes"
    assert answer["ETag"] == f'"{song.renditions.get().sha256}"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "Content-Disposition" not in answer
    assert read(answer) == SOUND


def test_it_serves_a_range(client, make_song):
    answer = client.get(sound_address(make_song()), headers={"range": "bytes=256-511"})
    assert answer.status_code == 206
    assert answer["Content-Range"] == f"bytes 256-511/{len(SOUND)}"
    assert read(answer) == SOUND[256:512]


def test_it_refuses_a_range_outside(client, make_song):
    answer = client.get(sound_address(make_song()), headers={"range": "bytes=99999-"})
    assert answer.status_code == 416
    assert answer["Content-Range"] == f"bytes */{len(SOUND)}"


def test_it_starts_over_when_the_sound_was_made_again(client, make_song):
    song = make_song(formats=())
    rendition = add_sound(song, "opus")
    old = f'"{rendition.sha256}"'
    headers = {"range": "bytes=0-9", "if-range": old}
    assert client.get(sound_address(song), headers=headers).status_code == 206
    rendition.delete()
    add_sound(song, "opus", SOUND + b"more")
    assert client.get(sound_address(song), headers=headers).status_code == 200


def test_it_answers_head_and_304(client, make_song):
    address = sound_address(make_song())
    head = client.head(address)
    assert (head.status_code, head["Content-Length"], head.content) == (200, str(len(SOUND)), b"")
    assert client.get(address, headers={"if-none-match": head["ETag"]}).status_code == 304


def test_it_refuses_other_methods(client, make_song):
    assert client.post(sound_address(make_song())).status_code == 405


def test_it_attaches_a_named_file_for_download(client, make_song):
    song = make_song(title="Amber harbour no. 7", seed=7)
    answer = client.get(sound_address(song) + "?download=1")
    assert answer["Content-Disposition"] == 'attachment; filename="amber-harbour-no-7-lstm-seed7.opus"'


def test_it_serves_the_midi_as_an_attachment(client, make_song):
    song = make_song(title="Amber harbour no. 7", seed=7)
    answer = client.get(reverse("generator:song_midi", args=[song.pk]))
    assert answer["Content-Type"] == "audio/midi"
    assert answer["Content-Disposition"] == 'attachment; filename="amber-harbour-no-7-lstm-seed7.mid"'
    assert read(answer) == b"MThd midi"


def test_it_lets_caches_keep_only_what_is_public(client, make_song, moderator):
    public = client.get(sound_address(make_song()))
    assert public["Cache-Control"].startswith("public")
    assert "Cookie" not in public.get("Vary", "")
    client.force_login(moderator)
    private = client.get(sound_address(make_song(is_published=False)))
    assert private["Cache-Control"].startswith("private")


def test_it_hides_the_sound_of_what_is_not_published(client, make_song, listener_user):
    song = make_song(is_published=False)
    assert client.get(sound_address(song)).status_code == 404
    client.force_login(listener_user)
    assert client.get(sound_address(song)).status_code == 404


def test_it_knows_no_other_formats_and_songs(client, make_song):
    song = make_song(formats=("opus",))
    assert client.get(sound_address(song, "mp3")).status_code == 404
    assert client.get(sound_address(song, "exe")).status_code == 404
    assert client.get(reverse("generator:song_audio", args=[99999, "opus"])).status_code == 404


def test_it_says_404_when_the_file_is_gone(client, make_song):
    song = make_song()
    for path in song.folder.iterdir():
        path.unlink()
    assert client.get(sound_address(song)).status_code == 404
    assert client.get(reverse("generator:song_midi", args=[song.pk])).status_code == 404
