"""What every column of the published verdicts means."""

from typing import Final

CODEBOOK: Final[dict[str, dict[str, str]]] = {
    "comparisons": {
        "id": "number of the answer, rising with time",
        "day": "day (UTC) of the answer",
        "listener": "digest that names nobody; the same for all answers of one listener",
        "session": "salted digest of listener and day",
        "training": "musical training by the listener's own word: none, some, professional",
        "client_version": "version of the page that asked and measured",
        "order": "which of the listener's pairs this was, from 1",
        "left_system, right_system": "what was played as A and B: checkpoint:<name>, real, random, shuffled",
        "left_song, right_song": "number of the song on the site; 0 if it has gone",
        "outcome": "left, right, tie, both_bad",
        "reasons": "reasons ticked, in no order",
        "draw_probability": "probability with which this pair of systems was drawn",
        "pair_count": "number of pairs it was drawn from",
        "weight": "1 / (pair_count × draw_probability); what the analysis weighs the answer by",
        "check": "empty for a verdict; repeat: an earlier pair with sides exchanged; shuffled: a real "
        "piece against its copy with shuffled pitches. Checks do not count as verdicts",
        "passed": "of a check; empty where it decides nothing",
        "repeats": "id of the answer that this one repeats",
        "heard_left, heard_right": "seconds heard, credited by the server's clock",
        "plays_left, plays_right": "how often each was started",
    },
    "guesses": {
        "system, song": "what was played",
        "said_human": "whether it was taken for human",
        "knew_it": "whether the listener knew the piece; such answers are left out of the analysis",
        "heard, plays": "seconds heard, and how often it was started",
    },
    "ratings": {
        "stars, coherence, melody, rhythm": "1 to 5; empty where not given. They never enter the ranking",
    },
    "listeners": {
        "excluded": "failed more than 15 % of at least seven checks, or set apart by the operator",
        "anonymous": "has no account",
    },
    "leaderboard": {
        "made": "version of the computation",
        "table": "what is compared / whose verdicts count",
        "elo, low, high": "strength and 95 % interval, mean of all systems 1000; empty under 30 verdicts",
        "best_rank, worst_rank": "ranks that the interval allows",
        "both_bad": "share of the system's pairs of which both were bad, with Wilson's 95 % interval",
        "human": "share taken for human, with Wilson's 95 % interval",
        "d_prime": "z(real taken for human) − z(this taken for human), with 95 % interval",
        "stars, shrunken": "mean of the ratings, and the mean drawn to that of all by ten ratings",
    },
}

# Of a study's own export: one row for each stimulus of each page.
STUDY_CODEBOOK: Final[dict[str, str]] = {
    "participant": "digest that names nobody; the same for all answers of one participant",
    "training": "musical training by the participant's own word: none, some, professional",
    "finished": "whether the participant came to the completion code",
    "page": "number of the page, from 0, in the participant's own order",
    "role": "training: does not count; trial; check: an earlier page again, its stimuli in reverse",
    "repeats_page": "of a check: the page that it repeats",
    "place": "place of the stimulus on the page, from 0; left before right",
    "song": "number of the song on the site",
    "title": "title of the song",
    "system": "who composed it: checkpoint:<name>, or real",
    "is_reference": "MUSHRA: whether it was the hidden reference",
    "value": "pairs: 1 the better, 0 the other, 0.5 no difference; acr: 1 bad to 5 excellent; "
    "multiple and mushra: 0 to 100",
    "passed": "of a check: whether the answer was the same as before (ratings: on average within 1 of 5 or "
    "20 of 100); mushra: whether the hidden reference was rated 80 or more; empty otherwise",
    "heard_seconds": "seconds heard, credited by the server's clock",
    "plays": "how often it was started",
    "day": "day (UTC) of the answer",
}
