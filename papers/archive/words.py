"""The words of an archive: what is in it, how to cite it, and a paragraph on methods with the true settings.

English, whatever the page's language: papers are.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import musicgen
from generator.models import Song
from generator.names import network_label
from listening.models import Study
from listening.selectors.studies import study_result
from papers.archive.tables import HUMAN, escaped, groups_of
from papers.models import PaperExport
from training.cards import split_figure
from training.models import Checkpoint


def readme(export: PaperExport, songs: Sequence[Song], checkpoints: Sequence[Checkpoint]) -> str:
    """What each file is."""
    return f"""{export.title}
{"=" * len(export.title)}

{len(songs)} songs of {len(checkpoints)} checkpoints, put together by musicgen {musicgen.__version__}
on {export.created_at:%Y-%m-%d}.

METHODS.md       a paragraph on methods, with the settings that were used
CITATION.cff     how to cite this collection; CITATION.bib the same for BibTeX
tables/          songs, checkpoints, measures: CSV with every column, LaTeX with those that fit on a page
                 (needs the booktabs package)
plots/           the same plots as SVG and as PDF
checkpoints/     what each checkpoint says of itself: configuration, settings, seed, hashes, figures
songs/           each song's MIDI, and its provenance and measures as JSON
verdicts/        what listeners said of these songs, anonymised, with a codebook; absent if nobody did
studies/         the answers to each study that belongs to it, anonymised, its questions, codebook and result

A song can be composed again from its JSON: the checkpoint whose weights have that SHA-256, the seed and
the settings give the same bytes of MIDI on one kind of machine.
"""


def methods(
    songs: Sequence[Song],
    checkpoints: Sequence[Checkpoint],
    facts: Mapping[int, Mapping[str, Any]],
    studies: Sequence[Study] = (),
) -> str:
    """Paragraphs for a paper's section on methods, from what really was."""
    groups = groups_of(songs)
    parts = ["# Methods", ""]
    for checkpoint in checkpoints:
        made = groups.get(checkpoint.slug, [])
        parts += [_trained(checkpoint, facts[checkpoint.pk]), "", _composed(checkpoint, made), ""]
    if HUMAN in groups:
        parts += [f"{len(groups[HUMAN])} pieces of human music from the same site stand beside them.", ""]
    for study in studies:
        parts += [_asked(study), ""]
    parts.append(
        "All songs were rendered with one soundfont at one loudness (-23 LUFS, ITU-R BS.1770). Measures "
        f"are those of musicgen {musicgen.__version__}; tables/measures.csv gives mean, standard deviation "
        "and number of songs for each."
    )
    return "\n".join(parts) + "\n"


def _trained(checkpoint: Checkpoint, facts: Mapping[str, Any]) -> str:
    dataset = f"“{checkpoint.dataset}”" if checkpoint.dataset else "a dataset that the site does not name"
    licence = f" ({facts['dataset_licence']})" if facts.get("dataset_licence") else ""
    text = (
        f"**{checkpoint.slug}.** {_article(network_label(checkpoint.network))} with "
        f"{checkpoint.parameters:,} weights learned from {dataset}{licence}, represented as "
        f"*{checkpoint.representation}* (corpus {checkpoint.corpus_hash[:12]}), for {checkpoint.step:,} steps"
    )
    if facts.get("seed") is not None:
        text += f" with seed {facts['seed']}"
    text += "."
    settings = facts.get("settings") or {}
    if settings:
        told = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in sorted(settings.items()))
        text += f" Settings: {told}."
    figures = [
        f"{figure:.3f} nats per token on {split} pieces"
        for split in ("validation", "test")
        if (figure := split_figure(checkpoint.metrics, split)) is not None
    ]
    return text + (f" It reached {' and '.join(figures)}." if figures else "")


def _composed(checkpoint: Checkpoint, songs: Sequence[Song]) -> str:
    if not songs:
        return "No published song of it is in this collection."
    told = []
    for name, label in (("temperature", "temperature"), ("top_p", "top-p"), ("top_k", "top-k")):
        values = sorted({song.settings[name] for song in songs if song.settings.get(name) is not None})
        if values and values != [0]:
            told.append(f"{label} {', '.join(f'{value:g}' for value in values)}")
    seeds = [song.seed for song in songs if song.seed is not None]
    text = f"It composed {len(songs)} songs"
    if seeds:
        text += f" (seeds {min(seeds)} to {max(seeds)})" if len(seeds) > 1 else f" (seed {seeds[0]})"
    text += f" with {', '.join(told)}" if told else ""
    flawed = sum(bool(song.flaw) for song in songs)
    return text + (f"; {flawed} of them are marked as flawed." if flawed else ".")


def _asked(study: Study) -> str:
    result = study_result(study)
    text = (
        f"A listening test (“{study.title}”; {study.get_method_display()}) asked: “{study.question}” "
        f"{result.finished} of {result.begun} participants finished; each judged {study.trials_each} pages "
        f"of {study.songs.count()} songs."
    )
    if result.checks:
        text += f" {result.passed} of {result.checks} attention checks were passed."
    if result.alpha is not None:
        text += f" Krippendorff's alpha is {result.alpha:.2f}."
    return text


def _article(label: str) -> str:
    # By sound: an LSTM, an RNN.
    return f"{'An' if label[:1] in 'AEFHILMNORSX' and label[:2].isupper() else 'A'} {label}"


def citation_cff(export: PaperExport) -> str:
    """The Citation File Format, version 1.2.0."""
    people = _people(export)
    lines = [
        "cff-version: 1.2.0",
        "message: Please cite this collection as below.",
        "type: dataset",
        f"title: {_quoted(export.title)}",
        "authors:",
        *(f"  - name: {_quoted(person)}" for person in people),
        f"date-released: {export.created_at:%Y-%m-%d}",
        f"identifiers:\n  - type: other\n    value: {_quoted(f'urn:uuid:{export.key}')}",
        "references:",
        f"  - type: software\n    title: musicgen\n    version: {musicgen.__version__}",
        '    authors:\n      - name: "the musicgen contributors"',
    ]
    return "\n".join(lines) + "\n"


def citation_bib(export: PaperExport) -> str:
    """The same for BibTeX."""
    return (
        f"@misc{{musicgen{str(export.key)[:8]},\n"
        f"  title = {{{escaped(export.title)}}},\n"
        f"  author = {{{' and '.join(f'{{{escaped(person)}}}' for person in _people(export))}}},\n"
        f"  year = {{{export.created_at:%Y}}},\n"
        f"  note = {{Songs and verdicts, musicgen {musicgen.__version__}, urn:uuid:{export.key}}}\n"
        "}\n"
    )


def _people(export: PaperExport) -> list[str]:
    told = [person.strip() for person in export.authors.replace(" and ", ";").split(";")]
    return [person for person in told if person] or ["the musicgen contributors"]


def _quoted(text: str) -> str:
    escaped_text = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ")
    return f'"{escaped_text}"'
