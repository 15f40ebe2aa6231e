"""Progress of what takes long: a bar where one can be drawn, else lines.

A terminal gets a bar, and a notebook where ipywidgets can draw it. Elsewhere progress is written in
lines: into a file, in a notebook without ipywidgets, and in the workers of joblib, where several
bars would overwrite each other. In a notebook the last line always stays, for the saved one.

Programs without a console have no stdout, or one that cannot do all that a file can. No such stream
ends the work whose progress it should show.
"""

import logging
import sys
import time
from collections.abc import Iterable, Iterator
from importlib.util import find_spec
from multiprocessing import current_process
from threading import current_thread, main_thread
from typing import Any, Self, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")

_ITEMS_AT_ONCE = 256

_SECONDS = 2.0
"""Between two lines about items, of which there may be any number."""


class Progress:
    """Shows how many of `total` items are done.

    Parameters
    ----------
    name : str
        What an item is, such as "Epoch".
    total : int or None
        None where nobody knows.
    shown : bool, default=True
        Whether anything is shown.
    line_each : bool, default=False
        Where there is no bar, write a line for each update, not one every few seconds.
    """

    def __init__(
        self, name: str, total: int | None, *, shown: bool = True, line_each: bool = False
    ) -> None:
        self._name, self._total = name, total
        self._shown, self._line_each = shown, line_each
        self._bar: Any = None
        self._is_notebook = False
        self._line, self._written_at = "", time.monotonic()

    def __enter__(self) -> Self:
        is_of_main_thread = current_thread() is main_thread()
        if self._shown and is_of_main_thread and current_process().name == "MainProcess":
            self._open_bar()
        return self

    def _open_bar(self) -> None:
        try:
            from rich.console import Console
            from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
            from rich.table import Column
        except ImportError as error:
            remedy = "pip install rich, or set verbose=2, which prints lines"
            raise ImportError(f"verbose=1 needs rich for its progress bar: {remedy}.") from error
        console = Console()
        self._is_notebook = console.is_jupyter
        # Not console.is_terminal, which FORCE_COLOR makes true of a file.
        file = console.file
        is_terminal = can_write(file) and hasattr(file, "isatty") and file.isatty()
        if not is_terminal and not (self._is_notebook and find_spec("ipywidgets")):
            return
        # As narrow as 80 characters need; where they are fewer, the figures are cut first.
        figures = TextColumn("{task.fields[figures]}", table_column=Column(no_wrap=True))
        count = MofNCompleteColumn(table_column=Column(min_width=5, no_wrap=True))
        self._bar = Progress(self._name, count, BarColumn(bar_width=8), figures, console=console)
        self._task = self._bar.add_task(self._name, total=self._total, figures="")
        self._bar.start()

    def update(self, done: int, figures: str = "") -> None:
        """Show that so many items are done, with figures behind."""
        if not self._shown:
            return
        total = "" if self._total is None else f"/{self._total}"
        self._line = f"{self._name} {done}{total} {figures}".rstrip()
        if self._bar is not None:
            self._bar.update(self._task, completed=done, figures=figures)
        elif self._line_each or time.monotonic() - self._written_at > _SECONDS:
            self._write()

    def over(self, items: Iterable[T]) -> Iterator[T]:
        """Yield the items, and count them as they are taken."""
        done = 0
        for done, item in enumerate(items, 1):
            yield item
            if done % _ITEMS_AT_ONCE == 0:
                self.update(done)
        self.update(done)

    def _write(self) -> None:
        write_line(self._line)
        self._line, self._written_at = "", time.monotonic()

    def __exit__(self, *error: object) -> None:
        if self._bar is not None:
            self._bar.stop()
        if self._line and (self._bar is None or self._is_notebook):
            self._write()


_STREAM_ERRORS = (AttributeError, OSError, ValueError)
"""Of a stream that is None or lacks a method, that fails, and that is closed."""


def write_line(line: str) -> None:
    """Write a line to stdout. A line that cannot be written is lost."""
    try:
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    except _STREAM_ERRORS as error:
        logger.debug("Progress could not be written or flushed: %s", error)


def can_write(stream: Any) -> bool:
    """Whether a stream takes text and can be flushed, as Keras and rich expect it."""
    try:
        stream.write("")
        stream.flush()
    except _STREAM_ERRORS:
        return False
    return True
