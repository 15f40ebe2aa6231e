"""Published files: taken from disk or downloaded, and verified before they are read."""

import hashlib
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
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


ARCHIVE = PublishedFile(
    what="The IMDB reviews",
    url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    filename="aclImdb_v1.tar.gz",
    sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    n_bytes=84_125_825,
)
ENCODED = PublishedFile(
    what="Keras's encoded IMDB reviews",
    url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb.npz",
    filename="imdb.npz",
    sha256="69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    n_bytes=17_464_789,
)
WORD_INDEX = PublishedFile(
    what="The words of Keras's IMDB reviews",
    url="https://storage.googleapis.com/tensorflow/tf-keras-datasets/imdb_word_index.json",
    filename="imdb_word_index.json",
    sha256="027313fe9a320280f3bf0fac5baf58c4a683cf39a7ed9c3d3d3912bde4284cf6",
    n_bytes=1_641_221,
)


class DataHome(NamedTuple):
    """The folder of the data, and how files that it lacks are downloaded into it."""

    folder: Path
    download: dict[str, Any] | None
    """The options of `fetch_file`. None forbids a download."""
    is_shown: bool
    """Whether to show the progress of a download, and of reading many files."""


def fetch_published(published: PublishedFile, data_home: DataHome) -> Path:
    """Return the path of the verified file. Download the file if it is missing."""
    home, download, is_shown = data_home
    what, url, filename, sha256, n_bytes = published
    path = home / filename
    missing = [folder for folder in (home, *home.parents) if not folder.exists()]
    fault = f"{what} are not in {home}{', which does not exist,' if missing else ''}"
    if path.exists():
        with path.open("rb") as file:
            got = hashlib.file_digest(file, "sha256").hexdigest()
        if got == sha256:
            return path
        fault = f"{path} is damaged or not the published file: its SHA-256 is {got}, not {sha256},"
    size = f"{n_bytes / 1e6:.0f} MB"
    remedy = f"Download {url} ({size}) into {home}, or set data_home to the folder that has it."
    if download is None:
        raise OSError(f"{fault} and download_if_missing=False. {remedy}")
    logger.info("Downloading %s (%.0f MB)", url, n_bytes / 1e6)
    try:
        home.mkdir(parents=True, exist_ok=True)
        with _show_download(published, home) if is_shown else nullcontext():
            fetch_file(url, home, filename, sha256, **download)
        return path
    except (OSError, HTTPException) as error:
        failure = OSError(f"{fault} and could not be downloaded: {error}. {remedy}")
        failure.errno = getattr(error, "errno", None)
        if isinstance(error, HTTPError):
            error.close()  # `failure` refers to the error, which would keep the connection open.
        raise failure from error
    finally:
        with suppress(OSError):  # A folder with a file in it stays.
            for folder in missing:
                folder.rmdir()


@contextmanager
def _show_download(published: PublishedFile, home: Path) -> Iterator[None]:
    """Show how large the file is that scikit-learn writes beside its final name."""
    n_megabytes = published.n_bytes // 10**6
    with Progress(f"Downloading {published.filename}, MB", n_megabytes) as progress:
        is_over = threading.Event()

        def look() -> None:
            while not is_over.wait(0.5):
                with suppress(FileNotFoundError):  # The file has just got its final name.
                    parts = home.glob(f"{published.filename}.part_*")
                    n_bytes = max((part.stat().st_size for part in parts), default=0)
                    progress.update(n_bytes // 10**6)

        watcher = threading.Thread(target=look, daemon=True)
        watcher.start()
        try:
            yield
            progress.update(n_megabytes)
        finally:
            is_over.set()
            watcher.join()
