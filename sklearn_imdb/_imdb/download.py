"""Published files: taken from disk or downloaded, and verified before they are read."""

from __future__ import annotations

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from urllib.error import HTTPError

from sklearn.datasets import fetch_file

from sklearn_imdb._progress import Progress

logger = logging.getLogger(__name__)


class PublishedFile(NamedTuple):
    """A file that its authors publish, with the checksum that verifies it."""

    what: str
    url: str
    filename: str
    sha256: str
    n_bytes: int


def fetch_published(
    published: PublishedFile,
    home: Path,
    download: dict[str, Any] | None,
    alternative: str = "",
    *,
    verbose: int = 0,
) -> Path:
    """Return the path of the verified file in `home`. Download the file if it is missing there.

    `download` contains the options of `fetch_file`. None forbids a download. `alternative` names,
    for the error message, what the user can put into `home` instead of the file. `verbose` shows
    the MB downloaded.
    """
    remedy = (
        f"Download {published.url} ({published.n_bytes / 1e6:.0f} MB) where there is a network and "
        f"put it{alternative} into {home}; or pass the folder that has it as data_home."
    )
    path = home / published.filename
    place = home if home.exists() else f"{home}, which does not exist,"
    if download is None:
        if not path.exists():
            raise OSError(
                f"{published.what} are not in {place} and download_if_missing=False. {remedy}"
            )
        with path.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        if sha256 != published.sha256:
            raise OSError(
                f"{path} is damaged or not the published file: its SHA-256 is {sha256}, not "
                f"{published.sha256}, and download_if_missing=False. {remedy}"
            )
        return path
    fault = f"{path} is damaged or not the published file, and another"
    if not path.exists():
        fault = f"{published.what} are not in {place} and"
        logger.info("Downloading %s (%.0f MB)", published.url, published.n_bytes / 1e6)
    shown = verbose > 0 and not path.exists()
    try:
        with _created(home), _show_download(published, home, shown=shown):
            name, sha256 = published.filename, published.sha256
            return Path(
                fetch_file(published.url, home, local_filename=name, sha256=sha256, **download)
            )
    except (OSError, HTTPException) as error:
        failure = OSError(f"{fault} could not be downloaded: {error}. {remedy}")
        failure.errno = getattr(error, "errno", None)
        if isinstance(error, HTTPError):
            error.close()  # `failure` refers to the error, which would keep the connection open.
        raise failure from error


@contextmanager
def _created(home: Path) -> Iterator[None]:
    """Create a folder and its parents, and remove again those that nothing was put into."""
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    try:
        home.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        with suppress(OSError):  # Of the first one that is not empty, or not there.
            for folder in missing:
                folder.rmdir()


@contextmanager
def _show_download(published: PublishedFile, home: Path, *, shown: bool) -> Iterator[None]:
    """Show how large the file is that scikit-learn writes beside its final name."""
    name = f"Downloading {published.filename}, MB"
    with Progress(name, published.n_bytes // 10**6, shown=shown) as progress:
        is_over = threading.Event()

        def look() -> None:
            while not is_over.wait(0.5):
                sizes = [_size(part) for part in home.glob(f"{published.filename}.part_*")]
                progress.update(max(sizes, default=0) // 10**6)

        watcher = threading.Thread(target=look, daemon=True)
        if shown:
            watcher.start()
        try:
            yield
            progress.update(published.n_bytes // 10**6)
        finally:
            is_over.set()
            if shown:
                watcher.join()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # It has just got its final name.
        return 0
