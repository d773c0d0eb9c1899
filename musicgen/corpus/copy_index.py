"""An index of music to find copies in, in a folder that is read from disk where it is needed.

Made of what a network learns from: the train split alone. The other splits, which no network
has seen, say how much real music shares with it. The folder holds::

    index.json     the pieces' names, what is usual, and the hash of every file below
    text.npy       uint16 (notes,)
    order.npy      int32 (notes,)
    bars.npy       float32 (notes,)
    offsets.npy    int64 (pieces + 1,)

for `musicgen.statistics.CopyIndex`.
"""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from musicgen.corpus.errors import CorpusError
from musicgen.corpus.packing import folder_in_place, write_array, write_json
from musicgen.corpus.reader import MANIFEST, SPLITS, hash_of_file, open_corpus
from musicgen.midi.limits import DEFAULT_LIMITS, MidiLimits
from musicgen.statistics import Baseline, CopyIndex, Steps, steps_of

INDEX: Final = "index.json"
INDEX_VERSION: Final = 2  # 1 knew no quarter tones
_ARRAYS: Final = ("text", "order", "bars", "offsets")
_MOST_HELD_OUT: Final = 500  # pieces measured to say what is usual

_Pieces = dict[str, list[tuple[str, Steps]]]  # by split: (name, steps)


def write_copy_index(source: Path, out: Path, *, limits: MidiLimits = DEFAULT_LIMITS) -> CopyIndex:
    """Make an index.

    Args:
        source: a prepared corpus, whose splits hold; or a folder, archive or file of MIDI, which
            is split as `musicgen.corpus.prepare` would.
        out: the folder to make; an index already there is replaced.
        limits: for each file.

    Raises:
        CorpusError: nothing usable, too few pieces, or `out` holds something else.
    """
    with folder_in_place(out, marker=INDEX) as folder:
        pieces = _of_corpus(source) if (source / MANIFEST).is_file() else _of_files(source, limits)
        index = CopyIndex.of(pieces["train"])
        held_out = [steps for split in SPLITS if split != "train" for _, steps in pieces[split]]
        # Spread over them all, which lie in the order of names.
        baseline = index.measured_baseline(held_out[:: -(-len(held_out) // _MOST_HELD_OUT)])
        for name in _ARRAYS:
            write_array(folder / f"{name}.npy", getattr(index, name))
        content = {
            "format_version": INDEX_VERSION,
            "source": source.name,
            "names": list(index.names),
            "baseline": None if baseline is None else asdict(baseline),
            "sha256": {f"{name}.npy": hash_of_file(folder / f"{name}.npy") for name in _ARRAYS},
        }
        write_json(folder / INDEX, content)
    return replace(index, baseline=baseline)


def open_copy_index(folder: Path) -> CopyIndex:
    """The index in a folder; its arrays stay on disk until used, and are taken on trust.

    Raises:
        CorpusError: no index, of another version or incomplete.
    """
    try:
        content = json.loads((folder / INDEX).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise CorpusError(f"{folder / INDEX} cannot be read ({error}); is this an index?") from error
    if not isinstance(content, dict) or content.get("format_version") != INDEX_VERSION:
        raise CorpusError(f"The index {folder} is of another version; make it again.")
    text, order, bars, offsets = (_loaded(folder / f"{name}.npy") for name in _ARRAYS)
    names = content["names"]
    if not len(text) == len(order) == len(bars) == offsets[-1] or len(names) != len(offsets) - 1:
        raise CorpusError(f"The files of the index {folder} do not belong together; make it again.")
    usual = content["baseline"]
    return CopyIndex(names, text, order, bars, offsets, None if usual is None else Baseline(**usual))


def _loaded(path: Path) -> npt.NDArray[Any]:
    try:
        array: npt.NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise CorpusError(f"{path} cannot be read ({error}); make the index again.") from error
    return array


def _of_corpus(folder: Path) -> _Pieces:
    """The pieces of a corpus, each in one of its keys; steps are the same in all."""
    corpus = open_corpus(folder)
    names = [file["name"] for file in corpus.manifest["files"]]
    pieces: _Pieces = {}
    for split in SPLITS:
        origins = corpus.manifest["splits"][split]["origins"]
        first_of_file = {file: place for place, (file, _) in reversed(list(enumerate(origins)))}
        pieces[split] = [
            (names[file], steps_of(corpus.vocabulary.decode(corpus.pieces(split)[place])))
            for file, place in sorted(first_of_file.items())
        ]
    return pieces


def _of_files(source: Path, limits: MidiLimits) -> _Pieces:
    from musicgen.corpus.survey import examine_source, open_large, survey  # loads the MIDI library
    from musicgen.midi import read_midi

    with open_large(source, limits) as opened:
        split_of = survey(*examine_source(opened, limits)).splits()
        steps = {
            file.name: steps_of(read_midi(file.data, limits)) for file in opened if file.name in split_of
        }
    pieces: _Pieces = {split: [] for split in SPLITS}
    for name, split in split_of.items():  # in the order of names
        pieces[split].append((name, steps[name]))
    return pieces
