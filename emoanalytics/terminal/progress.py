"""How far a piece of work has come."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from emoanalytics.terminal.lines import one_line


@contextmanager
def progress_bar(unit: str, *, own_estimate: bool = False) -> Iterator[Callable[[int, int, str], None]]:
    """A bar on standard error with time left; it shows nothing for work of under a second.

    Args:
        unit: what is counted.
        own_estimate: the notes say how much time is left; the bar, which knows only counts, does not guess.
    """
    from tqdm import tqdm

    shape = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}{postfix}]" if own_estimate else None
    bar = tqdm(unit=unit, delay=1, dynamic_ncols=True, disable=None, mininterval=0.3, bar_format=shape)

    def tell(done: int, total: int, note: str) -> None:
        bar.total = total
        bar.set_postfix_str(one_line(note), refresh=False)
        bar.update(done - bar.n)

    try:
        yield tell
    finally:
        bar.close()
