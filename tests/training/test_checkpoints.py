"""Checkpoints are kept whole, apart from their run, and offered to everybody."""

import pytest

from musicgen.learning import read_checkpoint, shipped_checkpoints
from musicgen.learning.checkpoint import add_metrics
from training.models import Checkpoint
from training.services import (
    checkpoint_publish,
    checkpoint_withdraw,
    checkpoints_register_shipped,
    run_register_checkpoints,
)
from training.signals import checkpoint_saved

pytestmark = pytest.mark.django_db


@pytest.fixture
def announced():
    """Ids of checkpoints announced to the floors above."""
    heard = []

    def hear(sender, checkpoint_id, **kwargs):
        heard.append(checkpoint_id)

    checkpoint_saved.connect(hear)
    yield heard
    checkpoint_saved.disconnect(hear)


def test_it_keeps_the_best_and_the_last_apart_from_the_run(
    make_run, write_checkpoint, announced, django_capture_on_commit_callbacks
):
    run = make_run()
    names = [write_checkpoint(run, step, loss).name for step, loss in ((5, 2.0), (10, 2.5))]
    with django_capture_on_commit_callbacks(execute=True):
        rows = run_register_checkpoints(run=run, names=names, best=names[0])
    assert [(row.slug, row.is_best, row.is_published) for row in rows] == [
        (f"run-{run.pk}-step-5", True, True),
        (f"run-{run.pk}-step-10", False, True),
    ]
    assert announced == [row.pk for row in rows]
    for folder in (run.folder / "checkpoints").iterdir():
        (folder / "weights.safetensors").unlink()  # the run may thin out its own
    for row in rows:
        assert read_checkpoint(row.path).step == row.step
        assert (row.path / "weights.safetensors").is_file()


def test_it_follows_a_checkpoint_that_was_judged_since_and_is_best_no_longer(
    make_run, write_checkpoint, announced, django_capture_on_commit_callbacks
):
    run = make_run()
    first = write_checkpoint(run, 5)
    with django_capture_on_commit_callbacks(execute=True):
        run_register_checkpoints(run=run, names=[first.name], best=first.name)
        add_metrics(first, {"test": {"nats_per_token": 1.9}})
        second = write_checkpoint(run, 10, 1.5)
        run_register_checkpoints(run=run, names=[first.name, second.name], best=second.name)
    old, new = Checkpoint.objects.order_by("step")
    assert (old.is_best, new.is_best) == (False, True)
    assert old.metrics["test"] == {"nats_per_token": 1.9}
    assert read_checkpoint(old.path).metrics["test"] == {"nats_per_token": 1.9}
    assert announced == [old.pk, new.pk]
    assert {path.name for path in old.path.parent.iterdir()} == {old.slug, new.slug}


def test_it_passes_over_a_checkpoint_that_is_damaged(make_run, write_checkpoint):
    run = make_run()
    names = [write_checkpoint(run, step).name for step in (5, 10)]
    (run.folder / "checkpoints" / names[0] / "checkpoint.json").write_text("{")
    rows = run_register_checkpoints(run=run, names=names, best=names[0])
    assert [row.step for row in rows] == [10]


def test_it_writes_a_card_that_names_the_source_and_its_licence(make_run, write_checkpoint):
    run = make_run()
    run.dataset.name = "Tunes | <b>bold</b>\n# no heading"
    run.dataset.save()
    (row,) = run_register_checkpoints(run=run, names=[write_checkpoint(run, 5).name], best=None)
    card = (row.path / "card.md").read_text()
    assert "| Dataset | Tunes / <b>bold</b> # no heading, version 1 |" in card
    assert "| Licence | CC0 1.0 |" in card
    assert "| validation pieces | 2.0000 |" in card


def test_it_registers_what_is_shipped_once(announced):
    first = checkpoints_register_shipped()
    again = checkpoints_register_shipped()
    assert [row.slug for row in first] == [shipped.name for shipped in shipped_checkpoints()]
    assert [row.pk for row in first] == [row.pk for row in again]
    for row, shipped in zip(first, shipped_checkpoints(), strict=True):
        assert row.is_shipped
        assert row.path == shipped.folder


def test_it_offers_what_is_published_with_the_shipped_and_the_newest_first(make_run, write_checkpoint):
    shipped = checkpoints_register_shipped()
    rows = []
    for _ in range(2):
        run = make_run()
        names = [write_checkpoint(run, step).name for step in (5, 10)]
        rows.append(run_register_checkpoints(run=run, names=names, best=names[0]))
    checkpoint_withdraw(checkpoint=rows[0][1])
    published = list(Checkpoint.objects.published())
    assert {row.slug for row in published[: len(shipped)]} == {row.slug for row in shipped}
    assert [row.is_best for row in published[: len(shipped)]] == sorted(
        (row.is_best for row in shipped), reverse=True
    )
    assert published[len(shipped) :] == [*rows[1], rows[0][0]]
    checkpoint_publish(checkpoint=rows[0][1])
    assert rows[0][1] in Checkpoint.objects.published()


def test_it_says_by_its_label_what_it_is(make_run, write_checkpoint):
    run = make_run()
    (row,) = run_register_checkpoints(run=run, names=[write_checkpoint(run, 1500).name], best=None)
    assert row.label == f"LSTM · Melodies · run {run.pk}, step 1,500"
    row.is_best = True
    assert row.label.endswith("step 1,500 (best)")
