"""Where stacks of runs are trained: on this machine's cores, or on a Ray cluster. Both give results as they come.

A worker that dies (killed for memory, say) takes nothing with it but its own stack, which is tried once more; if it
dies again it is given up, and the others go on.
"""

import multiprocessing
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from multiprocessing.connection import wait as wait_for_end
from pathlib import Path

from training_runs import archive
from training_runs.config import RunConfig
from training_runs.errors import InvalidInput
from training_runs.generator.deadline import Deadline
from training_runs.run import Run

Stack = list[RunConfig]
# The runs of a stack, or why there are none.
Result = tuple[Stack, list[Run] | str]
Train = Callable[[Stack, str, Path | None], list[Run]]

_HANDED_OUT = 100  # stacks, at least: a cluster that grows sees more than it has room for
_DIED_TWICE = "its worker died twice; is memory short? Give fewer --workers"


def train_stack(stack: Stack, device: str, data_dir: Path | None) -> list[Run]:
    """Train a stack in this process."""
    from training_runs.generator.train import train

    return train(stack, device, data_dir)


def train_and_store(stack: Stack, device: str, data_dir: Path | None, folder: Path, deadline: Deadline) -> list[Run]:
    """Train a stack in this process and append each run to a folder as soon as it has ended."""
    from training_runs.generator.train import train

    if deadline.too_late_to_start():
        return []
    return train(stack, device, data_dir, on_run=lambda run: archive.append(folder, [run]), deadline=deadline)


def run_local(
    stacks: Sequence[Stack],
    workers: int,
    device: str,
    data_dir: Path | None,
    train: Train = train_stack,
) -> Iterator[Result]:
    """Train in processes of one thread each. They are spawned: a fork after OpenMP has started threads hangs."""
    waiting = deque(stacks)
    running: dict[Future[list[Run]], Stack] = {}
    pool = _pool(workers)
    try:
        while waiting or running:
            while waiting and len(running) < workers:
                try:
                    future = pool.submit(train, waiting[0], device, data_dir)
                except BrokenProcessPool:  # a worker has died since: those that ran are reported below
                    break
                running[future] = waiting.popleft()
            if not running:
                pool.shutdown()
                pool = _pool(workers)
                continue
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            suspects = []
            for future in done:
                stack = running.pop(future)
                result = _result(future)
                if result is None:
                    suspects.append(stack)
                else:
                    yield stack, result
            if suspects:  # the pool is broken, and nobody knows by which of those that ran
                suspects += running.values()
                running.clear()
                for stack in suspects:
                    yield stack, _alone(train, stack, device, data_dir)
                pool.shutdown()
                pool = _pool(workers)
    finally:
        pool.shutdown(cancel_futures=True)


def run_ray(
    stacks: Sequence[Stack],
    workers: int,
    device: str,
    data_dir: Path | None,
    address: str | None = None,
    train: Train | None = None,
) -> Iterator[Result]:
    """Train on a Ray cluster, or on a local Ray of `workers` CPUs where no address is given.

    Stacks are handed to Ray as others end, some more than it has CPUs: whoever waits for one of all of them looks at all of
    them each time, and the results of those that nobody has fetched yet lie in memory.
    """
    import ray

    if address is None:
        ray.init(num_cpus=workers, include_dashboard=False, log_to_driver=False)
    else:
        ray.init(address=address, log_to_driver=False)
    try:
        remote = ray.remote(num_cpus=1, max_retries=1)(train or _train_on_one_thread)
        at_once = max(_HANDED_OUT, 2 * int(ray.cluster_resources().get("CPU", 1)))
        waiting = iter(stacks)
        running = {remote.remote(stack, device, data_dir): stack for stack in islice(waiting, at_once)}
        while running:
            (done,), _ = ray.wait(list(running), num_returns=1)
            stack = running.pop(done)
            running |= {remote.remote(after, device, data_dir): after for after in islice(waiting, 1)}
            try:
                yield stack, ray.get(done)
            except ray.exceptions.RayTaskError as error:
                if isinstance(error.cause, InvalidInput):
                    raise error.cause from None
                yield stack, repr(error.cause)
            except ray.exceptions.RayError:
                yield stack, _DIED_TWICE
    finally:
        ray.shutdown()


def _result(future: Future[list[Run]]) -> list[Run] | str | None:
    """Return the runs, or what went wrong; None where the worker died. Bad input concerns all runs, and is raised."""
    try:
        return future.result()
    except BrokenProcessPool:
        return None
    except InvalidInput:
        raise
    except Exception as error:
        return repr(error)


def _alone(train: Train, stack: Stack, device: str, data_dir: Path | None) -> list[Run] | str:
    with _pool(1) as pool:
        result = _result(pool.submit(train, stack, device, data_dir))
    return _DIED_TWICE if result is None else result


def _pool(workers: int) -> ProcessPoolExecutor:
    context = multiprocessing.get_context("spawn")
    return ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker)


def _start_worker() -> None:
    _use_one_thread()
    parent = multiprocessing.parent_process()
    assert parent is not None

    def follow_parent() -> None:
        wait_for_end([parent.sentinel])
        os._exit(1)  # the parent was killed: nobody would collect what this worker makes

    threading.Thread(target=follow_parent, daemon=True).start()


def _train_on_one_thread(stack: Stack, device: str, data_dir: Path | None) -> list[Run]:
    _use_one_thread()
    return train_stack(stack, device, data_dir)


def _use_one_thread() -> None:
    """Bound what torch takes; a worker that has not imported it yet, which takes a second, reads the bound when it does."""
    os.environ |= {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(1)
