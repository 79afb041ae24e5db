"""Work spread over processes: tasks are handed out one by one, and what they give comes back in their order."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection, wait
from typing import Any, TypeVar, cast

from medreward.errors import MedrewardError, OutputError

__all__ = ["ahead", "spread"]

Setup = TypeVar("Setup")
Task = TypeVar("Task")
Result = TypeVar("Result")
Worker = Callable[[Task], Iterator[Result]]

_RESULT, _DONE, _FAILED = range(3)


def ahead(items: Iterator[Result]) -> Generator[Result, None, None]:
    """The same items, each made by another thread while the one before is worked on. Close it before what it reads."""
    with ThreadPoolExecutor(1, "medreward-reading") as pool:
        following = pool.submit(next, items, None)
        while (item := following.result()) is not None:
            following = pool.submit(next, items, None)
            yield item


def spread(
    count: int, begin: Callable[[Setup], Worker[Task, Result]], setup: Setup, tasks: Sequence[Task]
) -> Generator[tuple[int, Result], None, None]:
    """Work on tasks in several processes.

    Args:
        count: how many processes; each works on one task at a time.
        begin: called once in each process with ``setup``; gives what works on a task. A function of a module.
        setup: what it is called with; must survive pickling, as must tasks and results.
        tasks: handed out in their order.

    Yields:
        The number of a task and a result of it: in the order of the tasks, and as each task gave them.

    Raises:
        MedrewardError, OSError: what ``begin`` or the first task that failed raised, once all before it were done.
        OutputError: ``worker_ended``: the process that worked on it was killed.
    """
    made: list[deque[tuple[int, Any]]] = [deque() for _ in tasks]
    with _workers(min(count, len(tasks)), begin, setup) as workers:
        waiting = deque(range(len(tasks)))
        busy = {worker: _hand_out(worker, waiting, tasks) for worker in workers[: len(tasks)]}
        for number, results in enumerate(made):
            while True:
                while not results:
                    _receive(workers, busy, made, waiting, tasks)
                kind, value = results.popleft()
                if kind == _FAILED:
                    raise value
                if kind == _DONE:
                    break
                yield number, value


class _Worker:
    """A process and the line to it."""

    def __init__(self, begin: Callable[[Any], Worker[Any, Any]], setup: object) -> None:
        context = multiprocessing.get_context("spawn")  # threads of Arrow do not survive a fork
        self.line, other = context.Pipe()
        self.process = context.Process(target=_serve, args=(other, begin, setup), daemon=True)
        with _deaf():
            self.process.start()
        other.close()

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self.process.terminate()
        self.process.join()
        self.line.close()


@contextmanager
def _workers(count: int, begin: Callable[[Any], Worker[Any, Any]], setup: object) -> Iterator[list[_Worker]]:
    workers: list[_Worker] = []
    try:
        for _ in range(count):
            workers.append(_Worker(begin, setup))  # noqa: PERF401 - those begun are stopped where the next fails
        yield workers
    finally:
        for worker in workers:
            worker.stop()


@contextmanager
def _deaf() -> Iterator[None]:
    """Processes begun here do not hear Ctrl-C, which reaches all of a terminal's: whoever began them ends them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _hand_out(worker: _Worker, waiting: deque[int], tasks: Sequence[Any]) -> int | None:
    """The task a worker now has; None where none is left."""
    if not waiting:
        return None
    number = waiting.popleft()
    with suppress(ConnectionError):  # it has ended: why is read where its results are
        worker.line.send(tasks[number])
    return number


def _receive(
    workers: Sequence[_Worker],
    busy: dict[_Worker, int | None],
    made: list[deque[tuple[int, Any]]],
    waiting: deque[int],
    tasks: Sequence[Any],
) -> None:
    """Take what workers have made; whoever is done gets the next task, unless a task failed."""
    ready = wait([worker.line for worker in workers if busy[worker] is not None])
    for worker in (worker for worker in workers if worker.line in ready):
        number = busy[worker]
        if number is None:
            continue
        kind, value = _said(worker)
        made[number].append((kind, value))
        if kind == _FAILED:
            waiting.clear()
        if kind != _RESULT:
            busy[worker] = _hand_out(worker, waiting, tasks)


def _said(worker: _Worker) -> tuple[int, Any]:
    try:
        return cast("tuple[int, Any]", worker.line.recv())
    except (EOFError, OSError):  # it ended: between messages, within one, or before it took what was sent
        return _FAILED, _ended(worker)


def _ended(worker: _Worker) -> Exception:
    worker.process.join()
    status = worker.process.exitcode or 0
    if status >= 0:
        return RuntimeError("a process that scores failed: what it said stands above")
    return OutputError(
        "worker_ended",
        "A process that scores was killed",
        got=f"signal {-status}",
        do="if memory was short, use fewer --jobs",
    )


def _serve(line: Connection, begin: Callable[[Any], Worker[Any, Any]], setup: object) -> None:
    """What a process does: work on whatever comes, until nobody sends any more."""
    try:
        work = begin(setup)
    except (MedrewardError, OSError) as error:
        line.send((_FAILED, error))
        return
    while True:
        try:
            task = line.recv()
        except EOFError:
            return
        try:
            for result in work(task):
                line.send((_RESULT, result))
            line.send((_DONE, None))
        except BrokenPipeError:
            return
        except (MedrewardError, OSError) as error:
            line.send((_FAILED, error))
