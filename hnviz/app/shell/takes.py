"""What the parameters of an address can be, for those that take no free text.

"1 to 512" is a whole number, "0.0 to 1.0" any number, "train / valid" one of the choices. The ends
are the widest: a run with fewer units, or a shorter text, has narrower ones, and its page says so.
A picture declares its own beside itself (hnviz/app/kit/state.py).
"""

import re

SWITCH = "true / false"

_SWITCHES = (
    "present",
    "start_all_runs",
    "data_vocabulary",
    "batches_random",
    "batches_counts",
    "batches_memory",
    "batches_positions",
    "models_shares",
    "models_twins",
    "models_cell",
    "models_parts",
    "models_source",
    "models_figures",
    "train_same",
    "train_find",
    "states_all_models",
    "states_erased",
    "states_edges",
    "predictions_hold",
    "predictions_ways",
    "time_more_reach",
    "time_more_state",
    "tasks_figures",
    "tasks_network",
)

TAKES: dict[str, str] = {
    **dict.fromkeys(_SWITCHES, SWITCH),
    "snapshot": "0 to 999999999",
    "unit": "0 to 511",
    "machine_word": "0 to 399",
    "machine_begin": "0 to 511",
    "machine_n": "1 to 200",
    "machine_temperature": "0.0 to 10.0",
    "machine_top_k": "1 to 9999",
    "machine_seed": "0 to 2147483647",
    "data_step": "1 to 59",
    "batches_split": "train / valid",
    **dict.fromkeys(("data_tokens", "batches_tokens", "train_tokens"), "word / char / bpe"),
    "batches_bs": "1 to 512",
    "batches_bptt": "1 to 512",
    "models_batch": "first / second",
    "models_at": "0 to 999",
    "models_row": "0 to 511",
    "models_layer": "0 to 1",
    "models_unit": "0 to 511",
    "models_step": "0 to 511",
    "train_bptt": "1 to 512",
    "train_lr": "0.0 to 1.0",
    "train_epochs": "1 to 1000",
    "train_pct_start": "0.0 to 1.0",
    "train_seed": "0 to 4294967295",
    "train_bs": "1 to 512",
    "train_nh": "1 to 512",
    "train_worst_split": "train / valid",
    "train_positions_split": "train / valid",
    "inside": "accuracy / loss",
    "train_exercise": "Clinic / Lines",
    "clinic_ward": "A / B / C",
    "clinic_bed": "1 / 2 / 3 / 4",
    "lines_program": "Forward / Loop / Mini-batch",
    "states_first": "0 to 50828",
    "states_n": "1 to 400",
    "states_layer": "0 to 1",
    "states_threshold": "0.0 to 0.95",
    "states_path_first": "1 to 9999",
    "states_path_n": "2 to 100",
    "states_token": "0 to 399",
    "predictions_value": "-1.0 to 20.0",
    "swapped": "0 / 1",
    "word": "0 to 199",
    "row": "0 to 399",
    "tasks_base": "2 to 16",
    "tasks_digits": "1 to 12",
    "tasks_last": "1 to 3999",
    "tasks_first": "1600 to 2400",
    "tasks_years": "1 to 60",
    "tasks_kinds": "1 to 4",
    "tasks_depth": "1 to 64",
    "tasks_symbols": "1 to 8",
    "tasks_length": "1 to 10",
    "tasks_delay": "0 to 500",
    "tasks_gap": "0 to 500",
    "tasks_every": "2 to 1000",
    "tasks_bptt": "1 to 512",
    "tasks_tokens": "100 to 200000",
}
"""Parameter -> what it takes."""

_ENDS = re.compile(r"(-?[\d.]+) to (-?[\d.]+)")


def wrong(name: str, value: str, takes: str) -> str | None:
    """Say why a parameter that takes this cannot have a value; None if it can."""
    ends = _ENDS.fullmatch(takes)
    if ends is None:
        choices = takes.split(" / ")
        return None if value in choices else f"{name} must be one of {takes}, got {value!r}"
    whole = "." not in takes
    try:
        number: float = int(value) if whole else float(value)
    except ValueError:
        kind = "a whole number" if whole else "a number"
        return f"{name} must be {kind} from {takes}, got {value!r}"
    if float(ends[1]) <= number <= float(ends[2]):
        return None
    return f"{name} must be from {takes}, got {value}"
