"""Asking for songs, within fair limits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts.models import Listener
from generator.models import ComposeRequest
from generator.services import (
    ACTIVE_LIMIT,
    HOURLY_LIMIT,
    FairLimitError,
    compose_request_cancel,
    compose_request_create,
    compose_request_ensure,
    compose_request_retry,
)
from training.models import WorkState


@pytest.fixture
def ask(checkpoint, sampling, listener, queued, django_capture_on_commit_callbacks):
    def ask(who=listener):
        with django_capture_on_commit_callbacks(execute=True):
            return compose_request_create(checkpoint=checkpoint, sampling=sampling, listener=who)

    return ask


def test_it_waits_in_the_database_and_on_the_queue(ask, queued, sampling, listener):
    row = ask()
    assert row.state == WorkState.QUEUED
    assert row.settings == sampling.to_json()
    assert row.listener == listener
    assert [(call["queue"], call["function"], call["argument"]) for call in queued] == [
        ("compose", "generator.jobs.compose.compose_song", row.pk)
    ]


def test_it_enqueues_nothing_before_the_commit(checkpoint, sampling, listener, queued):
    compose_request_create(checkpoint=checkpoint, sampling=sampling, listener=listener)
    assert queued == []


def test_it_allows_so_many_at_a_time_and_no_more(ask):
    for _ in range(ACTIVE_LIMIT):
        ask()
    with pytest.raises(FairLimitError, match="still waiting"):
        ask()
    assert ComposeRequest.objects.count() == ACTIVE_LIMIT


def test_it_limits_each_listener_apart(ask):
    for _ in range(ACTIVE_LIMIT):
        ask()
    assert ask(Listener.objects.create()).state == WorkState.QUEUED


def test_it_allows_more_once_some_are_done(ask):
    for _ in range(ACTIVE_LIMIT):
        ask()
    ComposeRequest.objects.update(state=WorkState.FINISHED)
    ask()


def test_it_limits_the_songs_of_an_hour(ask, make_request, listener):
    for _ in range(HOURLY_LIMIT):
        make_request(listener=listener, state=WorkState.FINISHED)
    with pytest.raises(FairLimitError, match="within an hour"):
        ask()
    ComposeRequest.objects.update(created_at=timezone.now() - timedelta(minutes=61))
    ask()


def test_it_cancels_at_once_what_waits(make_request):
    row = make_request()
    compose_request_cancel(request=row)
    assert row.state == WorkState.CANCELLED


def test_it_asks_a_running_one_to_stop(make_request):
    row = make_request(state=WorkState.RUNNING)
    compose_request_cancel(request=row)
    assert (row.state, row.cancel_requested) == (WorkState.RUNNING, True)


def test_it_tries_again_what_failed(make_request, queued, django_capture_on_commit_callbacks):
    row = make_request(state=WorkState.FAILED, progress=0.6, reason="The worker died.", attempts=1)
    with django_capture_on_commit_callbacks(execute=True):
        assert compose_request_retry(request=row, listener=None)
    assert (row.state, row.progress, row.reason) == (WorkState.QUEUED, 0.0, "")
    assert len(queued) == 1


def test_it_tries_nothing_again_that_is_done_or_under_way(make_request, queued):
    for state in (WorkState.RUNNING, WorkState.QUEUED):
        assert not compose_request_retry(request=make_request(state=state), listener=None)


def test_it_counts_a_retry_as_one_more_under_way(ask, make_request, listener):
    failed = make_request(state=WorkState.FAILED, listener=listener)
    for _ in range(ACTIVE_LIMIT):
        ask()
    with pytest.raises(FairLimitError):
        compose_request_retry(request=failed, listener=listener)


def test_it_asks_for_the_sites_own_songs_once(checkpoint, sampling, queued):
    row, is_new = compose_request_ensure(checkpoint=checkpoint, sampling=sampling)
    assert is_new
    assert row.listener is None
    assert compose_request_ensure(checkpoint=checkpoint, sampling=sampling) == (row, False)
