"""How much room and time each user has."""

import pytest

from accounts.models import Quota
from tests.training.conftest import upload_form
from tests.training.pieces import midi_bytes
from training.models import Dataset, Run, WorkState
from training.selectors import usage_of
from training.services import TrainingQuotaError, run_resume
from training.services.upload import UploadRefusedError, upload_begin


@pytest.fixture
def small(researcher, settings):
    """Everybody has room for a megabyte and an hour of training."""
    settings.QUOTA_DISK_BYTES = 1_000_000
    settings.QUOTA_TRAIN_HOURS = 1.0


def test_it_refuses_what_does_not_fit_early(client, researcher, small, queued):
    with pytest.raises(UploadRefusedError, match="room that you have"):
        upload_begin(owner=researcher, name="big.zip", byte_count=1_000_001)
    upload_begin(owner=researcher, name="fits.zip", byte_count=999_990)
    client.force_login(researcher)
    answer = client.post("/datasets/upload/", upload_form(("a.mid", midi_bytes(1))))
    assert answer.status_code == 422
    assert "room that you have" in answer.content.decode()
    assert not Dataset.objects.exists()


def test_it_makes_exceptions(researcher, small):
    Quota.objects.create(user=researcher, disk_bytes=2_000_000)
    assert usage_of(researcher).disk_left == 2_000_000
    assert usage_of(researcher).train_limit_hours == 1.0


def test_it_starts_and_resumes_no_run_past_the_time(client, researcher, small, make_run, queued):
    run = make_run(state=WorkState.CANCELLED, trained_seconds=3601.0)
    with pytest.raises(TrainingQuotaError, match=r"1\.0 hours .* of 1\.0 allowed"):
        run_resume(run=run)
    client.force_login(researcher)
    page = client.post(f"/runs/{run.pk}/resume/", follow=True).content.decode()
    assert "ask whoever runs the site for more" in page
    assert Run.objects.get().state == WorkState.CANCELLED


def test_it_has_no_limit_where_none_is_set(researcher, make_run):
    make_run(trained_seconds=1e9)
    usage = usage_of(researcher)
    assert (usage.disk_left, usage.may_train) == (None, True)
