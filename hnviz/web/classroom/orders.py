"""Runs that students' devices train: which, and the order that a browser gets in place of a run."""

from secrets import token_hex
from typing import Any

from hnviz import __version__
from hnviz.browser.form import job_of
from hnviz.config import RunConfig
from hnviz.data import Choice
from hnviz.data.corpora import texts
from hnviz.data.corpora.own import text_hash
from hnviz.questions.frame import to_json
from hnviz.runs.texts import content_hash
from hnviz.web.assets import PAGE_DATA
from hnviz.web.classroom.phone import problem_of
from hnviz.web.classroom.service import ClassService


def phone_order(config: RunConfig) -> dict[str, Any]:
    """Return what a browser needs to train a run and send it: `Order` in kit/class/device.js."""
    job, own = job_of(config), text_hash(config.corpus)
    text = {name: job[name] for name in ("train", "valid", "kinds")}
    return {
        "number": token_hex(8),  # each press is another order
        "form": job["form"],
        "config": {**job["config"], "device": "auto"},
        "text": PAGE_DATA.keep(to_json(text).encode(), ".json"),
        "own": None if own is None else PAGE_DATA.keep(texts.text_of(own).encode(), ".txt"),
        "hash": content_hash(Choice(config.corpus, config.split)),
        "version": __version__,
    }


def order_for(
    service: ClassService, member: str | None, config: RunConfig, ordered: int = 0
) -> dict[str, Any] | None:
    """Return a member's order; None where the server trains, or refuses, the run.

    `ordered`: how many more runs the same press orders. Raises ClassError if the member may not.
    """
    if member is None or problem_of(config):
        return None
    service.check_start(member, ordered)
    return phone_order(config)
