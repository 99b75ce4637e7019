"""How far a piece of work has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from emoanalytics.terminal.lines import one_line


@contextmanager
def progress_bar(unit: str) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on standard error with time left; it shows nothing for work of under a second."""
    from tqdm import tqdm

    bar = tqdm(unit=unit, delay=1, dynamic_ncols=True, disable=None, mininterval=0.3)

    def tell(done: int, total: int, note: str) -> None:
        bar.total = total
        bar.set_postfix_str(one_line(note), refresh=False)
        bar.update(done - bar.n)

    try:
        yield tell
    finally:
        bar.close()
