"""What was found of checkpoints, small enough to be handed on beside them."""

from __future__ import annotations

from typing import Any, Final

_PLACES: Final = 5  # of each figure; more say nothing of forty samples


def brief(content: dict[str, Any]) -> dict[str, Any]:
    """The file of `musicgen evaluate` without what every checkpoint repeats.

    The references stand once, under "learned_from"; of each checkpoint its own measures are kept
    ("b"), without the distances between sets that follow from them.

    Args:
        content: as the command writes it; left as it is.
    """
    runs = {
        name: {**run, "checkpoints": [_brief_row(row) for row in run["checkpoints"]]}
        for name, run in content["runs"].items()
    }
    learned = _only(content["learned_from"], ("a", "b", "chance"))
    shortened: dict[str, Any] = _shortened({**content, "learned_from": learned, "runs": runs})
    return shortened


def _brief_row(row: dict[str, Any]) -> dict[str, Any]:
    compared = row["comparison"]
    return {**row, "comparison": None if compared is None else _only(compared, ("b",))}


def _only(compared: dict[str, Any], sets: tuple[str, ...]) -> dict[str, Any]:
    measures = {
        name: {key: said for key, said in row.items() if key in sets}
        for name, row in compared["measures"].items()
    }
    return {**compared, "measures": measures}


def _shortened(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{_PLACES}g}")
    if isinstance(value, dict):
        return {key: _shortened(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_shortened(one) for one in value]
    return value
