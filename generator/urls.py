"""Addresses of the generator app."""

from django.urls import path

from generator.feeds import BestSongFeed, SongFeed
from generator.views import audio, compose, report, roll, sharing, shelf, songs

app_name = "generator"

urlpatterns = [
    path("", songs.home, name="home"),
    path("first-songs/", songs.home_first_songs, name="first_songs"),
    path("songs/", songs.song_list, name="song_list"),
    path("songs/random/", songs.song_random, name="song_random"),
    path("songs/<int:pk>/", songs.song, name="song"),
    path("songs/<int:pk>/played/", shelf.played, name="song_played"),
    path("songs/<int:pk>/favourite/", shelf.favourite, name="song_favourite"),
    path("songs/<int:pk>/collect/", shelf.collect, name="song_collect"),
    path("shelf/", shelf.shelf, name="shelf"),
    path("shelf/heard/", shelf.heard, name="heard"),
    path("shelf/heard/forget/", shelf.forget, name="heard_forget"),
    path("collections/", shelf.collections, name="collections"),
    path("collections/<uuid:pk>/", shelf.collection, name="collection"),
    path("collections/<uuid:pk>/remove/", shelf.collection_remove_all, name="collection_remove"),
    path("collections/<uuid:pk>/remove/<int:song>/", shelf.uncollect, name="collection_uncollect"),
    path("songs/<int:pk>/visibility/", songs.song_visibility, name="song_visibility"),
    path("songs/<int:pk>/downloads/", songs.song_downloads, name="song_downloads"),
    path("songs/<int:pk>/midi", audio.song_midi, name="song_midi"),
    path("songs/<int:pk>/notes/", roll.song_notes, name="song_notes"),
    path("songs/<int:pk>/more/", roll.song_more, name="song_more"),
    path("songs/<int:pk>/score.musicxml", audio.song_score, name="song_score"),
    path("songs/<int:pk>/bundle.zip", sharing.bundle, name="song_bundle"),
    path("songs/<int:pk>/report/", report.song_report, name="song_report"),
    path("songs/<int:pk>/report/make/", report.song_report_make, name="song_report_make"),
    path("songs/<int:pk>/roll.png", roll.song_picture, {"extension": "png"}, name="song_png"),
    path("songs/<int:pk>/roll.svg", roll.song_picture, {"extension": "svg"}, name="song_svg"),
    path("embed/<int:pk>/", sharing.embed, name="embed"),
    path("oembed/", sharing.oembed, name="oembed"),
    path("feeds/new.xml", SongFeed(), name="feed_new"),
    path("feeds/best.xml", BestSongFeed(), name="feed_best"),
    path("soundfont.sf3", audio.soundfont, name="soundfont"),
    path("songs/<int:pk>/audio/<slug:audio_format>", audio.song_audio, name="song_audio"),
    path("compose/", compose.compose, name="compose"),
    path("compose/<int:pk>/", compose.compose_request, name="compose_request"),
    path("compose/<int:pk>/status/", compose.compose_status, name="compose_status"),
    path("compose/<int:pk>/cancel/", compose.compose_cancel, name="compose_cancel"),
    path("compose/<int:pk>/retry/", compose.compose_retry, name="compose_retry"),
]
