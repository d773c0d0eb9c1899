"""Uploading: every byte is kept before the page says so, and what is too much is refused early."""

import errno
import hashlib
import os
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from tests.training.conftest import upload_form
from tests.training.pieces import midi_bytes, zip_bytes
from training.models import Dataset, Licence, WorkState

pytestmark = pytest.mark.django_db

ADDRESS = reverse("training:dataset_upload")


@pytest.fixture
def signed_in(client, researcher):
    client.force_login(researcher)
    return client


def left_over(data_dir):
    """Files under the data folder."""
    return [path for path in data_dir.rglob("*") if path.is_file()]


def test_it_keeps_every_byte_and_starts_taking_it_in(
    signed_in, researcher, queued, django_capture_on_commit_callbacks
):
    archive, single = zip_bytes({"a.mid": midi_bytes(1)}), midi_bytes(2)
    with django_capture_on_commit_callbacks(execute=True):
        response = signed_in.post(ADDRESS, upload_form(("tunes.zip", archive), ("one.mid", single)))
    dataset = Dataset.objects.get()
    assert response.url == dataset.get_absolute_url()
    assert (dataset.owner, dataset.state, dataset.licence) == (researcher, WorkState.QUEUED, Licence.CC0)
    kept = [(upload.name, upload.path.read_bytes(), upload.sha256) for upload in dataset.uploads.all()]
    assert kept == [
        ("tunes.zip", archive, hashlib.sha256(archive).hexdigest()),
        ("one.mid", single, hashlib.sha256(single).hexdigest()),
    ]
    assert [call["queue"] for call in queued] == ["ingest"]


def test_it_answers_a_script_with_the_new_address(signed_in, queued):
    response = signed_in.post(
        ADDRESS, upload_form(("one.mid", midi_bytes(1))), headers={"accept": "application/json"}
    )
    assert response.status_code == 201
    assert response.json() == {"location": Dataset.objects.get().get_absolute_url()}


def test_it_stores_names_that_owe_nothing_to_the_sender(signed_in, queued):
    name = "..%2f..%2fetc <b>x</b>.MID"
    signed_in.post(ADDRESS, upload_form((name, midi_bytes(1))))
    upload = Dataset.objects.get().uploads.get()
    assert upload.stored_name == "00000.mid"
    assert upload.path.parent == upload.dataset.uploads_folder


@pytest.mark.parametrize(
    ("said", "field", "words"),
    [
        ({"uploads": []}, "uploads", "required"),
        ({"uploads": [SimpleUploadedFile("virus.exe", b"MZ")]}, "uploads", "virus.exe is neither"),
        ({"uploads": [SimpleUploadedFile("empty.mid", b"")]}, "uploads", "empty"),
        ({"name": ""}, "name", "required"),
        ({"licence": ""}, "licence", "required"),
        ({"licence": Licence.OTHER}, "licence_note", "Say which licence"),
    ],
)
def test_it_says_what_is_missing(signed_in, data_dir, said, field, words):
    form = upload_form(("one.mid", midi_bytes(1)), **said)
    page = signed_in.post(ADDRESS, form)
    assert page.status_code == 422
    assert words in page.context["form"].errors[field][0]
    for file in form["uploads"]:
        file.seek(0)
    answer = signed_in.post(ADDRESS, form, headers={"accept": "application/json"})
    assert words in answer.json()["errors"][field][0]["message"]
    assert not Dataset.objects.exists()
    assert not left_over(data_dir)


def test_it_refuses_what_is_too_large_without_reading_it(signed_in, settings, data_dir, monkeypatch):
    settings.MUSICGEN_UPLOAD_MAX_BYTES = 1000

    def read(*args):
        raise AssertionError("the body was read")

    monkeypatch.setattr("django.http.multipartparser.MultiPartParser.parse", read)
    form = upload_form(("big.mid", b"x" * 2000))
    page = signed_in.post(ADDRESS, form)
    assert page.status_code == 413
    assert "larger than the 1000\xa0bytes" in page.context["problem"]
    form["uploads"][0].seek(0)
    answer = signed_in.post(ADDRESS, form, headers={"accept": "application/json"})
    assert (answer.status_code, "larger than" in answer.json()["problem"]) == (413, True)
    assert not Dataset.objects.exists()


def test_it_refuses_too_many_files(signed_in, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FILES = 2
    page = signed_in.post(ADDRESS, upload_form(*((f"{i}.mid", midi_bytes(i)) for i in range(3))))
    assert page.status_code == 413
    assert "more than 2 files" in page.context["problem"]


def test_it_keeps_nothing_of_an_upload_that_broke_off(signed_in, data_dir):
    page = signed_in.post(
        ADDRESS, b"--x\r\nContent-Disposition: form-data; name=", content_type="multipart/form-data"
    )
    assert page.status_code == 400
    assert "Nothing was kept" in page.context["problem"]
    assert not left_over(data_dir)


def test_it_keeps_nothing_when_the_disk_is_full(signed_in, data_dir, monkeypatch):
    def rename(self, target):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "rename", rename)
    page = signed_in.post(ADDRESS, upload_form(("one.mid", midi_bytes(1))))
    assert page.status_code == 507
    assert "no room left" in page.context["problem"]
    assert not Dataset.objects.exists()
    assert not left_over(data_dir)


def test_it_forgets_what_a_killed_server_left_behind(signed_in, settings, queued):
    broken, arriving = (settings.FILE_UPLOAD_TEMP_DIR / f"{name}.upload.mid" for name in ("old", "new"))
    for path in (broken, arriving):
        path.write_bytes(b"half a file")
    os.utime(broken, (0, 0))
    assert signed_in.post(ADDRESS, upload_form(("one.mid", midi_bytes(1)))).status_code == 302
    assert list(settings.FILE_UPLOAD_TEMP_DIR.iterdir()) == [arriving]


def test_it_is_protected_against_forgery(researcher, data_dir):
    client = Client(enforce_csrf_checks=True)
    client.force_login(researcher)
    assert client.post(ADDRESS, upload_form(("one.mid", midi_bytes(1)))).status_code == 403
    page = client.get(ADDRESS)
    token = str(page.context["csrf_token"])
    form = upload_form(("one.mid", midi_bytes(1)), csrfmiddlewaretoken=token)
    assert client.post(ADDRESS, form).status_code == 302
    assert Dataset.objects.count() == 1


def test_it_reads_nothing_from_somebody_who_may_not_upload(client, listener_user, monkeypatch):
    def read(*args):
        raise AssertionError("the body was read")

    monkeypatch.setattr("django.http.multipartparser.MultiPartParser.parse", read)
    form = upload_form(("one.mid", midi_bytes(1)))
    assert client.post(ADDRESS, form).url.startswith(reverse("account_login"))
    client.force_login(listener_user)
    form["uploads"][0].seek(0)
    assert client.post(ADDRESS, form).status_code == 403
