"""Checkpoints are registered, published and withdrawn."""

import json
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from musicgen.learning import (
    CheckpointError,
    CheckpointInfo,
    ShippedCheckpoint,
    read_checkpoint,
    shipped_checkpoints,
)
from musicgen.learning.durable import write_file
from training import shared
from training.cards import CARD_NAME, CURVE_NAME, PROVENANCE_NAME, run_card
from training.models import Checkpoint, Dataset, Run, Visibility, checkpoint_folder
from training.signals import checkpoint_saved
from training.trainings import NETWORK_TITLES


def checkpoints_register_shipped() -> list[Checkpoint]:
    """Make those that come with the project known to the site; done before, it only refreshes them.

    Their names say what learned from what: `lstm-chorales` from the dataset bundled as `chorales`.
    """
    # Read first: while a transaction is open, nobody else can write to SQLite.
    return _register_shipped(shipped_checkpoints())


@transaction.atomic
def _register_shipped(found: Sequence[ShippedCheckpoint]) -> list[Checkpoint]:
    return [
        Checkpoint.objects.update_or_create(
            slug=shipped.name,
            defaults={
                "title": _card_title(shipped.card) or shipped.run,
                "run": None,
                "is_best": shipped.is_best,
                "dataset": Dataset.objects.filter(bundled=shipped.run.partition("-")[2]).first(),
                **_facts(shipped.info),
            },
        )[0]
        for shipped in found
    ]


def run_register_checkpoints(*, run: Run, names: list[str], best: str | None) -> list[Checkpoint]:
    """Keep checkpoints of a run apart from it. Everybody may compose from the best and the last.

    Args:
        names: of folders in the run's `checkpoints`; one that is damaged is passed over.
        best: the one of them with the lowest validation loss.

    Returns:
        Those that can be composed from, the ones known before included.
    """
    registered = []
    latest = max(names, default="")
    for name in names:
        folder = run.folder / "checkpoints" / name
        try:
            info = read_checkpoint(folder)
        except CheckpointError:
            continue
        slug = f"run-{run.pk}-step-{info.step}"
        _keep_folder(folder, checkpoint_folder(slug), _papers(run, info))
        shared.share_folder(checkpoint_folder(slug))
        is_offered = name in (best, latest)
        registered.append(_register(run, slug, info, is_best=name == best, is_offered=is_offered))
    return registered


@transaction.atomic
def _register(run: Run, slug: str, info: CheckpointInfo, *, is_best: bool, is_offered: bool) -> Checkpoint:
    if is_best:
        Checkpoint.objects.filter(run=run, is_best=True).exclude(slug=slug).update(is_best=False)
    title = f"{NETWORK_TITLES.get(info.network, info.network)} · {run.dataset.name} · run {run.pk}"
    told = {
        "title": title,
        "run": run,
        "dataset": run.dataset,
        "is_best": is_best,
        "provenance": provenance_of(run),
        **_facts(info),
    }
    checkpoint, is_new = Checkpoint.objects.update_or_create(
        slug=slug,
        defaults=told,
        # What a private dataset taught is published by its owner alone, if at all.
        create_defaults={
            **told,
            "is_published": is_offered and run.dataset.visibility != Visibility.PRIVATE,
        },
    )
    if is_new:
        transaction.on_commit(lambda: checkpoint_saved.send(Checkpoint, checkpoint_id=checkpoint.pk))
    return checkpoint


def checkpoint_publish(*, checkpoint: Checkpoint) -> None:
    """Let everybody compose from it."""
    Checkpoint.objects.filter(pk=checkpoint.pk).update(is_published=True)
    checkpoint.refresh_from_db()


def checkpoint_withdraw(*, checkpoint: Checkpoint) -> None:
    """Offer it for composing no longer; songs made with it stay."""
    Checkpoint.objects.filter(pk=checkpoint.pk).update(is_published=False)
    checkpoint.refresh_from_db()


def provenance_of(run: Run) -> dict[str, Any]:
    """What a checkpoint of the run learned from, to be carried wherever it goes."""
    dataset = run.dataset
    version = dataset.versions.filter(number=run.dataset_version).first()
    return {
        "dataset": dataset.name,
        "layout": dataset.layout,
        "version": run.dataset_version,
        "content_hash": version.content_hash if version else "",
        "files": version.file_count if version else 0,
        "licence": dataset.licence,
        "licence_title": str(dataset.get_licence_display()),
        "licence_note": dataset.licence_note,
        "source": dataset.source,
        "composers": (version.report.get("composers") or [])[:20] if version else [],
        "environment": run.environment,
    }


def _facts(info: CheckpointInfo) -> dict[str, Any]:
    created_at = datetime.fromisoformat(info.created_at) if info.created_at else datetime.now(UTC)
    return {
        "network": info.network,
        "representation": info.vocabulary["representation"],
        "step": info.step,
        "weights_sha256": info.weights_sha256,
        "corpus_hash": info.corpus_hash,
        "parameters": info.parameters,
        "metrics": info.metrics,
        "created_at": created_at,
    }


def _papers(run: Run, info: CheckpointInfo) -> dict[str, bytes]:
    """What goes with the weights wherever they go: the card, and the run's curve."""
    papers = {
        CARD_NAME: run_card(run, info).encode(),
        PROVENANCE_NAME: json.dumps(provenance_of(run), indent=1, sort_keys=True).encode(),
    }
    curve = run.folder / CURVE_NAME
    if curve.is_file():
        papers[CURVE_NAME] = curve.read_bytes()
    return papers


def _card_title(card: str) -> str:
    first = card.lstrip().partition("\n")[0]
    return first.lstrip("# ").strip()[:200] if first.startswith("#") else ""


def _keep_folder(source: Path, target: Path, extra: Mapping[str, bytes]) -> None:
    """Make the target hold the source's files and some more: whole, or not there.

    The weights are linked, not copied: training replaces its files and never writes into one.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = target.with_name(f".{target.name}-{uuid.uuid4().hex}")
    aside = target.with_name(f".{target.name}-{uuid.uuid4().hex}-old")
    try:
        shutil.copytree(source, beside, copy_function=os.link)
        for name, data in extra.items():
            write_file(beside / name, data)
        if target.exists():  # since then the best one was judged on the test pieces, too
            target.rename(aside)
        beside.rename(target)
    finally:
        shutil.rmtree(beside, ignore_errors=True)
        shutil.rmtree(aside, ignore_errors=True)
