"""Workers: every task once, whoever does it; one that dies is told."""

import operator
import os

import pytest

from papertape.errors import SettingsError
from papertape.testing.storm.jobs import OneWorker, ProcessWorkers


def test_one_worker_goes_in_order() -> None:
    assert list(OneWorker().map(operator.neg, [1, 2, 3])) == [-1, -2, -3]


@pytest.mark.process
def test_processes_do_each_task_once() -> None:
    assert sorted(ProcessWorkers(2).map(operator.neg, range(9))) == list(range(-8, 1))


@pytest.mark.process
def test_a_process_that_dies_is_told() -> None:
    with pytest.raises(SettingsError, match="has died"):
        list(ProcessWorkers(1).map(os._exit, [3]))
