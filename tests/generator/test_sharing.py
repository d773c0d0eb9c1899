"""Songs elsewhere: pictures, frames, oEmbed, feeds."""

import hashlib
import io
from xml.etree import ElementTree as ET

import pytest
from django.urls import reverse
from PIL import Image

from musicgen.midi import write_midi
from musicgen.score import Note, Notes, Part, Score


@pytest.fixture
def song(make_song):
    made = make_song(title="Amber <harbour>", seed=7)
    midi = write_midi(Score(parts=(Part(Notes.of([Note(0, 60, 480), Note(480, 64, 480)])),)))
    made.midi_file.write_bytes(midi)
    made.midi_sha256 = hashlib.sha256(midi).hexdigest()
    made.save()
    return made


def test_it_draws_the_picture_that_other_sites_show(client, song):
    answer = client.get(reverse("generator:song_png", args=[song.pk]))
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    assert image.size == (1200, 630)
    assert len(image.getcolors(1 << 20)) > 3
    text = client.get(song.get_absolute_url()).content.decode()
    assert f'content="http://testserver{reverse("generator:song_png", args=[song.pk])}"' in text


def test_it_draws_every_note_in_the_svg(client, song):
    answer = client.get(reverse("generator:song_svg", args=[song.pk]), {"download": "1"})
    assert answer["Content-Disposition"] == 'attachment; filename="amber-harbour-lstm-seed7.svg"'
    drawn = ET.fromstring(answer.content.decode())
    shapes = drawn.findall("{http://www.w3.org/2000/svg}rect")
    assert len(shapes) == 3  # the paper and two notes
    assert drawn[0].text == "Amber <harbour>"


def test_it_may_stand_in_a_frame_of_any_site_but_nothing_else_may(client, song):
    frame = client.get(reverse("generator:embed", args=[song.pk]))
    assert "frame-ancestors *" in frame["Content-Security-Policy"]
    assert "X-Frame-Options" not in frame
    assert "<script" not in frame.content.decode()
    assert "frame-ancestors 'none'" in client.get(song.get_absolute_url())["Content-Security-Policy"]
    song.is_published = False
    song.save()
    assert client.get(reverse("generator:embed", args=[song.pk])).status_code == 404


def test_it_says_by_oembed_what_to_show(client, song):
    told = client.get(
        reverse("generator:oembed"), {"url": f"http://testserver{song.get_absolute_url()}", "maxwidth": "300"}
    ).json()
    assert (told["type"], told["width"], told["title"]) == ("rich", 300, song.title)
    assert f"/embed/{song.pk}/" in told["html"]
    assert "<harbour>" not in told["html"]
    for address in ("https://elsewhere.example/songs/1/", "/runs/", "nonsense", ""):
        assert client.get(reverse("generator:oembed"), {"url": address}).status_code == 404
    assert (
        client.get(reverse("generator:oembed"), {"url": song.get_absolute_url(), "format": "xml"}).status_code
        == 501
    )


@pytest.mark.parametrize("name", ["feed_new", "feed_best"])
def test_it_feeds_songs_with_their_sound(client, song, name):
    feed = ET.fromstring(client.get(reverse(f"generator:{name}")).content)
    item = feed.find("channel/item")
    assert item.findtext("title") == song.title
    sound = item.find("enclosure")
    assert sound.get("url") == f"http://testserver{reverse('generator:song_audio', args=[song.pk, 'mp3'])}"
    assert (sound.get("type"), sound.get("length")) == ("audio/mpeg", "10240")
