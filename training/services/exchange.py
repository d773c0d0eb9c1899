"""Checkpoints go from site to site as archives that say who vouches for them.

Nothing in one is ever executed: weights are safetensors, the rest is JSON, Markdown and a picture.
It is loaded only where its signature is trusted, or where whoever loads it names its hash.
"""

import io
import json
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.db import transaction
from django.utils.text import slugify

from musicgen.learning import CheckpointError, read_checkpoint
from musicgen.learning.checkpoint import INFO_NAME, WEIGHTS_NAME, read_weights
from musicgen.learning.durable import write_folder
from training import shared
from training.cards import CARD_NAME, CURVE_NAME, PROVENANCE_NAME
from training.models import Checkpoint, checkpoint_folder
from training.signing import hashes_of, is_trusted, signature_of, signer_of
from training.trainings import NETWORK_TITLES

SIGNATURE_NAME: Final = "signature.json"
PACKED: Final = (INFO_NAME, WEIGHTS_NAME, CARD_NAME, CURVE_NAME, PROVENANCE_NAME)
MOST_BYTES: Final = 8 * 1024**3  # of all that is unpacked; the largest network here has 0.5 GB


class CheckpointRefusedError(ValueError):
    """An archive that is not loaded; the message says why and what to do."""


def packed_checkpoint(checkpoint: Checkpoint) -> bytes:
    """A zip archive of a checkpoint with this site's signature."""
    folder = checkpoint.path
    places = {name: (folder if name in (INFO_NAME, WEIGHTS_NAME) else checkpoint.papers) for name in PACKED}
    files = {name: (place / name).read_bytes() for name, place in places.items() if (place / name).is_file()}
    if PROVENANCE_NAME not in files and checkpoint.provenance:
        files[PROVENANCE_NAME] = json.dumps(checkpoint.provenance, sort_keys=True).encode()
    files[SIGNATURE_NAME] = json.dumps(signature_of(files), indent=1).encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:  # stored: weights do not get smaller
        for name, data in files.items():
            packed.writestr(f"{checkpoint.slug}/{name}", data)
    return archive.getvalue()


def checkpoint_load(*, path: Path, accepted_sha256: str = "", publish: bool = False) -> Checkpoint:
    """Take a checkpoint of another site in.

    Args:
        path: the archive.
        accepted_sha256: of its weights file, for one whose signer is not trusted here.
        publish: whether everybody may compose from it at once.

    Raises:
        CheckpointRefusedError: no such archive, damaged, or nobody vouches for it.
    """
    files = _unpacked(path)
    signature = _json(files.pop(SIGNATURE_NAME, b"{}"))
    signer = signer_of(files, signature)
    weights_sha256 = hashes_of(files)[WEIGHTS_NAME]
    if not (signer and is_trusted(signer)) and accepted_sha256.lower() != weights_sha256:
        who = (
            f"It is signed by {signer}, whom this site does not trust"
            if signer
            else "Its signature does not hold"
        )
        raise CheckpointRefusedError(
            f"{who}. If you know where it comes from, either add the key to MUSICGEN_TRUSTED_KEYS or load it "
            f"with --accept {weights_sha256}"
        )
    slug = f"loaded-{slugify(path.stem)[:50]}-{weights_sha256[:8]}"
    folder = checkpoint_folder(slug)
    write_folder(folder, files)
    try:
        info = read_checkpoint(folder)
        read_weights(folder, info)
    except CheckpointError as error:
        shared.forget(folder)
        raise CheckpointRefusedError(f"It holds no whole checkpoint: {error}") from error
    shared.share_folder(folder)
    provenance = _json(files.get(PROVENANCE_NAME, b"{}"))
    title = (
        f"{NETWORK_TITLES.get(info.network, info.network)} · {provenance.get('dataset', path.stem)} · loaded"
    )
    with transaction.atomic():
        checkpoint, _ = Checkpoint.objects.update_or_create(
            slug=slug,
            defaults={
                "title": title[:200],
                "network": info.network,
                "representation": info.vocabulary["representation"],
                "step": info.step,
                "weights_sha256": info.weights_sha256,
                "corpus_hash": info.corpus_hash,
                "parameters": info.parameters,
                "metrics": info.metrics,
                "provenance": {**provenance, "loaded": True, "signer": signer or ""},
                "is_published": publish,
                "created_at": datetime.fromisoformat(info.created_at),
            },
        )
    return checkpoint


def _unpacked(path: Path) -> dict[str, bytes]:
    """The known files of the archive, by name; whatever else is in it stays there."""
    files: dict[str, bytes] = {}
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(path) as archive:
            for entry in archive.infolist():
                name = entry.filename.rpartition("/")[2]
                if name in (*PACKED, SIGNATURE_NAME) and name not in files:
                    with archive.open(entry) as member:
                        files[name] = member.read(left + 1)
                    left -= len(files[name])
                    if left < 0:
                        raise CheckpointRefusedError(f"It unpacks to more than {MOST_BYTES:,} bytes.")
    except (OSError, zipfile.BadZipFile, NotImplementedError, RuntimeError) as error:
        raise CheckpointRefusedError(f"{path} is no archive that can be read ({error}).") from error
    missing = [name for name in (INFO_NAME, WEIGHTS_NAME) if name not in files]
    if missing:
        raise CheckpointRefusedError(
            f"{path} is no archive of a checkpoint: it lacks {', '.join(missing)}. Models as .keras, .h5 or "
            "pickle are never loaded: they can hold foreign code."
        )
    return files


def _json(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
