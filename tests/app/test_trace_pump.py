"""The frame clock runs while there is work, and only then."""

from __future__ import annotations

import threading
import time

from app.trace_pump import APPLY_SECONDS, FrameLog, Inbox, TracePump


def test_everything_that_threads_put_in_comes_out_once_and_in_order(qtbot):
    inbox: Inbox[tuple[int, int]] = Inbox()
    taken: list[tuple[int, int]] = []
    inbox.filled.connect(lambda: taken.extend(inbox.take()))
    threads = [threading.Thread(target=lambda k=k: [inbox.put((k, i)) for i in range(500)]) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    qtbot.waitUntil(lambda: len(taken) == 2000)
    for k in range(4):
        assert [i for thread, i in taken if thread == k] == list(range(500))


def test_many_items_before_one_look_wake_once(qtbot):
    inbox: Inbox[int] = Inbox()
    wakes = []
    inbox.filled.connect(lambda: wakes.append(1))
    for i in range(100):
        inbox.put(i)
    assert wakes == [1]
    assert inbox.take() == list(range(100))
    inbox.put(1)
    assert wakes == [1, 1]


def test_frames_stop_when_there_is_no_more_work(qtbot):
    left = [5]

    def work(elapsed: float, deadline: float) -> bool:
        assert 0 < deadline - time.perf_counter() <= APPLY_SECONDS
        left[0] -= 1
        return left[0] > 0

    pump = TracePump(work)
    assert not pump.running
    pump.wake()
    qtbot.waitUntil(lambda: not pump.running)
    assert left == [0]
    assert len(pump.log.work) == len(pump.log.intervals) == 5


def test_painting_belongs_to_the_frame_before_it():
    log = FrameLog()
    log.begin(0.016)
    for _ in range(2):
        with log.working():
            sum(range(100_000))
    first = log.work[0]
    assert 0 < first <= log.elapsed[0] * 1.01
    log.begin(0.016)
    with log.working():
        pass
    assert log.work[0] == first
    assert list(log.intervals) == [0.016, 0.016]
    log.clear()
    assert not log.work
