"""Workers on a Ray cluster: the extra ``ray``. Papertape and the program are installed on its
nodes, at the same paths."""

from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

from ...errors import SettingsError

LOCAL: Final = "local"
"""The address of a cluster that is started here, and ends with the storm."""


class RayWorkers:
    """Does work on a cluster; each task takes a processor of a node."""

    def __init__(self, address: str) -> None:
        """Connect. Raises ``SettingsError`` without the package, and when there is no cluster."""
        try:
            import ray
        except ImportError as error:
            raise SettingsError(
                "needs the package ray", setting="ray", found=address,
                advice="pip install 'papertape[ray]'",
            ) from error  # fmt: skip
        self._ray: Any = ray
        try:
            ray.init(
                address=None if address == LOCAL else address,
                log_to_driver=False,
                include_dashboard=False if address == LOCAL else None,
                ignore_reinit_error=True,
            )
        except Exception as error:  # whatever of theirs
            raise SettingsError(
                f"cannot be reached: {type(error).__name__}: {error}", setting="ray", found=address
            ) from error

    def map(self, work: Callable[[Any], Any], tasks: Iterable[Any]) -> Iterator[Any]:
        """The results as they come. An interrupt cancels what has not ended."""
        remote = self._ray.remote(work)
        waiting = [remote.remote(task) for task in tasks]
        try:
            while waiting:
                done, waiting = self._ray.wait(waiting)
                for one in done:
                    yield self._ray.get(one)
        finally:
            for one in waiting:
                self._ray.cancel(one)

    def close(self) -> None:
        """Leave the cluster."""
        self._ray.shutdown()
