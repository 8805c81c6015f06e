"""Workers: this process, or several beside it."""

import multiprocessing
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Protocol

from ...errors import SettingsError


class Workers(Protocol):
    """Does work somewhere."""

    def map(self, work: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """The results, as they come."""


class OneWorker:
    """This process: one after the other."""

    def map(self, work: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """The results, in the order of the tasks."""
        yield from map(work, tasks)


class ProcessWorkers:
    """So many processes."""

    def __init__(self, count: int) -> None:
        self._count = count

    def map(self, work: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """The results as they come. An interrupt drops what has not begun."""
        context = multiprocessing.get_context("spawn")
        pool = ProcessPoolExecutor(self._count, mp_context=context)
        try:
            for done in as_completed([pool.submit(work, task) for task in tasks]):
                yield done.result()
        except BrokenProcessPool as error:
            raise SettingsError(
                "a process of the storm has died", setting="jobs", found=str(self._count)
            ) from error
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
