"""A viewer who takes more than an equal share of the server's time rests while others are about."""

import asyncio
import threading
import time
from functools import partial

import pytest

from hnviz.web.limits import Rate, Turns, Viewer
from hnviz.web.live import FULL_RATE_TABS, LIVE_SECONDS, Hub, Source
from hnviz.web.work import ABOUT_SECONDS, MAX_REST_SECONDS, BusyError, FairShare, Pool
from tests.conftest import finished


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_one_who_is_about_alone_never_rests(clock):
    share = FairShare(2, clock=clock)
    share.note("one")
    share.note("one", 60)
    assert share.rest("one") == 0


def test_past_a_burst_each_of_n_takes_one_nth_of_the_time(clock):
    share = FairShare(2, clock=clock)
    for viewer in ("greedy", *"abcd"):
        share.note(viewer)
    share.note("greedy", 2)
    assert share.rest("greedy") == 0
    share.note("greedy", 0.1)
    assert share.rest("greedy") == pytest.approx(0.5)  # .1 s at a fifth of the time
    assert share.rest("a") == 0
    clock.now += 0.5
    assert share.rest("greedy") == pytest.approx(0)


def test_one_who_is_alone_in_a_pool_has_so_many_turns_while_others_are_in_another(clock):
    about = FairShare(clock=clock)
    quick, slow = (FairShare(2, least, about, clock) for least in (0.0, 0.1))
    for _ in range(30):
        slow.note("greedy", 0.01)
    assert slow.rest("greedy") == 0  # nobody else is about
    quick.note("other")
    assert slow.rest("greedy") == pytest.approx(1)  # 3 s, less a burst of 2 s
    assert quick.rest("greedy") == quick.rest("other") == 0
    clock.now += 1
    assert slow.rest("greedy") == pytest.approx(0)
    clock.now += ABOUT_SECONDS
    assert about.is_alone("greedy")


def test_a_rest_is_bounded_and_ends_when_the_others_are_gone(clock):
    share = FairShare(2, clock=clock)
    for viewer in ("greedy", "one"):
        share.note(viewer)
    share.note("greedy", 3600)
    assert share.rest("greedy") == pytest.approx(MAX_REST_SECONDS)
    clock.now += ABOUT_SECONDS - 1
    share.note("greedy", 3600)
    assert share.rest("greedy") > 0
    clock.now += 2
    assert share.rest("greedy") == 0
    assert share.rest("one") == 0  # who is forgotten


def test_a_pool_answers_others_while_one_rests():
    clock, done = Clock(), []
    share = FairShare(2, clock=clock)
    pool = Pool(1, 100, share=share)
    for viewer in ("greedy", "other"):
        share.note(viewer)
    share.note("greedy", 2.1)
    waits = pool.submit(lambda: done.append("greedy"), "greedy")
    for _ in range(3):
        pool.submit(lambda: done.append("other"), "other").result(10)
    assert done == 3 * ["other"] and not waits.done()
    clock.now += MAX_REST_SECONDS
    waits.result(10)  # the thread wakes by itself


def test_a_pool_has_as_many_threads_as_questions_that_come_together():
    pool = Pool(3, 100)
    one_by_one = {pool.submit(threading.get_ident).result(10) for _ in range(20)}
    assert len(one_by_one) == 1
    together = threading.Barrier(3)
    tasks = [pool.submit(lambda: together.wait(10) + threading.get_ident()) for _ in range(3)]
    for task in tasks:
        task.result(10)  # two would wait in vain


def test_presses_past_a_rate_wait(clock):
    rate = Rate(10, 3, clock)
    delays = [rate.delay("one") for _ in range(5)]
    assert delays == pytest.approx([0, 0, 0, 0.1, 0.2])
    assert rate.delay("other") == 0
    clock.now += 1
    assert rate.delay("one") == 0


def test_many_tabs_of_one_viewer_share_the_messages_of_a_few():
    hub = Hub([], Source(str, dict))
    hub.sockets.update({"few": FULL_RATE_TABS, "many": 5 * FULL_RATE_TABS})
    assert hub.rest("few") == 0
    assert hub.rest("many") == 5 * LIVE_SECONDS


def test_addresses_share_the_time_and_their_viewers_share_theirs(clock):
    share, polite = FairShare(2, clock=clock), Viewer("polite", "10.0.0.8")
    many = [Viewer(f"{number}", "10.0.0.7") for number in range(200)]
    for viewer in (*many, polite):
        share.note(viewer, 2.1)
    assert share.rest(polite) == pytest.approx(0.2)  # .1 s at half of the time
    assert share.rest(many[0]) > 20 * share.rest(polite)
    clock.now += ABOUT_SECONDS + 1
    assert share.rest(polite) == 0


def test_many_viewers_of_an_address_take_turns_with_another():
    pool, free, done = Pool(1, 40), threading.Event(), []
    many = [Viewer(f"{number}", "10.0.0.7") for number in range(31)]
    pool.submit(free.wait, many[0])
    while pool.waiting:
        time.sleep(0.001)
    for viewer in many[1:]:
        pool.submit(partial(done.append, "many"), viewer)
    with pytest.raises(BusyError, match="30 from your address are waiting"):
        pool.submit(free.wait, many[0])
    polite = Viewer("polite", "10.0.0.8")
    last = [pool.submit(partial(done.append, "polite"), polite) for _ in range(3)][-1]
    free.set()
    last.result(10)
    assert done[:5] == ["polite", "many", "polite", "many", "polite"]


def test_presses_of_an_address_wait_for_their_turn_and_its_viewers_alternate():
    async def go() -> list[str]:
        turns, done = Turns(1), list[str]()
        greedy, other, far = (Viewer(*each) for each in (("g", "a"), ("o", "a"), ("f", "b")))
        await turns.take(greedy)

        async def press(viewer: Viewer) -> None:
            await turns.take(viewer)
            done.append(viewer.name)
            turns.give(viewer)

        tasks = [asyncio.create_task(press(each)) for each in (greedy, greedy, greedy, other, far)]
        gone = asyncio.create_task(press(other))
        await asyncio.sleep(0)
        assert done == ["f"]
        gone.cancel()
        turns.give(greedy)
        await asyncio.gather(*tasks)
        await press(other)  # all turns are given back
        return done

    assert finished(go()) == ["f", "g", "o", "g", "g", "o"]
