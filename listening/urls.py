"""Addresses of the listening app."""

from django.urls import path, re_path

from listening.views import (
    asking,
    better,
    compare,
    leaderboard,
    listeners,
    mine,
    stars,
    studies,
    taking,
    turing,
)

app_name = "listening"

urlpatterns = [
    path("songs/<int:pk>/stars/", stars.stars, name="stars"),
    path("songs/<int:pk>/rate/", stars.rate, name="rate"),
    path("songs/<int:pk>/unrate/", stars.unrate, name="unrate"),
    path("compare/", compare.compare, name="compare"),
    path("compare/enrol/", compare.enrol, name="enrol"),
    path("compare/next/", compare.compare_next, name="compare_next"),
    path("compare/answer/", compare.compare_answer, name="compare_answer"),
    path("clips/heard/", asking.heard, name="heard"),
    path("clips/<str:token>/", asking.clip, name="clip"),
    path("turing/", turing.turing, name="turing"),
    path("turing/next/", turing.turing_next, name="turing_next"),
    path("turing/answer/", turing.turing_answer, name="turing_answer"),
    path("turing/<uuid:round_id>/", turing.turing_round, name="turing_round"),
    path("leaderboard/", leaderboard.leaderboard, name="leaderboard"),
    path("leaderboard/method/", leaderboard.method, name="method"),
    path("leaderboard/export/<str:name>", leaderboard.export, name="export"),
    path("runs/<int:pk>/better/", better.better_run, name="better_run"),
    path("runs/<int:pk>/better/measure/", better.better_measure, name="better_measure"),
    path("better/<slug:name>/", better.better_shipped, name="better_shipped"),
    path("studies/", studies.study_list, name="study_list"),
    path("studies/new/", studies.study_new, name="study_new"),
    path("studies/<int:pk>/", studies.study, name="study"),
    path("studies/<int:pk>/state/", studies.study_state, name="study_state"),
    re_path(r"^studies/(?P<pk>\d+)/export\.(?P<ending>csv|json)$", studies.study_export, name="study_export"),
    path("studies/<int:pk>/codebook.json", studies.study_codebook, name="study_codebook"),
    path("studies/take/<str:token>/", taking.take, name="take"),
    path("studies/take/<str:token>/begin/", taking.take_begin, name="take_begin"),
    path("studies/take/<str:token>/volume/", taking.take_volume, name="take_volume"),
    path("studies/take/<str:token>/next/", taking.take_next, name="take_next"),
    path("studies/take/<str:token>/answer/", taking.take_answer, name="take_answer"),
    path("listening/mine/", mine.mine, name="mine"),
    path("listening/mine/export/", mine.mine_export, name="mine_export"),
    path("listening/mine/delete/", mine.mine_delete, name="mine_delete"),
    path("listening/listeners/", listeners.listeners, name="listeners"),
    path("listening/listeners/<uuid:listener_id>/", listeners.listener_set_apart, name="set_apart"),
]
