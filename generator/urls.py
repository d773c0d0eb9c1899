"""Addresses of the generator app."""

from django.urls import path

from generator.views import audio, compose, songs

app_name = "generator"

urlpatterns = [
    path("", songs.home, name="home"),
    path("first-songs/", songs.home_first_songs, name="first_songs"),
    path("songs/", songs.song_list, name="song_list"),
    path("songs/<int:pk>/", songs.song, name="song"),
    path("songs/<int:pk>/visibility/", songs.song_visibility, name="song_visibility"),
    path("songs/<int:pk>/downloads/", songs.song_downloads, name="song_downloads"),
    path("songs/<int:pk>/midi", audio.song_midi, name="song_midi"),
    path("songs/<int:pk>/notes/", audio.song_notes, name="song_notes"),
    path("songs/<int:pk>/audio/<slug:audio_format>", audio.song_audio, name="song_audio"),
    path("compose/", compose.compose, name="compose"),
    path("compose/<int:pk>/", compose.compose_request, name="compose_request"),
    path("compose/<int:pk>/status/", compose.compose_status, name="compose_status"),
    path("compose/<int:pk>/cancel/", compose.compose_cancel, name="compose_cancel"),
    path("compose/<int:pk>/retry/", compose.compose_retry, name="compose_retry"),
]
