"""The reviews of IMDB as texts: from the cache, the folder, the archive or a download."""

from __future__ import annotations

import errno
import logging
import os
import re
import tarfile
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from uuid import uuid4

import numpy as np
import numpy.typing as npt

from sklearn_imdb._imdb.download import PublishedFile, fetch_published
from sklearn_imdb._progress import Progress
from sklearn_imdb._warnings import warn_user

logger = logging.getLogger(__name__)


ARCHIVE = PublishedFile(
    what="The IMDB reviews",
    url="https://ai.stanford.edu/~amaas/data/sentiment/aclImdb_v1.tar.gz",
    filename="aclImdb_v1.tar.gz",
    sha256="c40f74a18d3b61f90feba1e17730e0d38e8b97c05fde7008942e91923d1658fe",
    n_bytes=84_125_825,
)

_FOLDERS = {"train": ("neg", "pos"), "test": ("neg", "pos"), "unsupervised": ("unsup",)}
N_REVIEWS = {"train": 25_000, "test": 25_000, "unsupervised": 50_000}
_REVIEW_FILE = re.compile(r"aclImdb/(train|test)/(neg|pos|unsup)/(\d+)_(\d+)\.txt")
_LABELS = {"neg": 0, "pos": 1, "unsup": -1}


class Reviews(NamedTuple):
    """Reviews of one split, sorted by class and by the number in the file name."""

    texts: list[str]
    labels: npt.NDArray[np.int64]
    ratings: npt.NDArray[np.int64]
    filenames: npt.NDArray[np.str_]

    @classmethod
    def from_files(cls, files: Iterable[tuple[str, bytes]]) -> Reviews:
        """Create reviews from paths such as `aclImdb/train/pos/0_9.txt` and their contents."""
        rows = []
        for path, content in files:
            *_, folder, name = path.split("/")
            number, rating = name.removesuffix(".txt").split("_")
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError as error:
                raise OSError(f"{path} is not UTF-8: {error}.") from error
            rows.append((_LABELS[folder], int(number), int(rating), path, text))
        rows.sort()
        labels, _, ratings, paths, texts = zip(*rows, strict=True)
        return cls(
            list(texts),
            np.array(labels, dtype=np.int64),
            np.array(ratings, dtype=np.int64),
            np.array([path.removeprefix("aclImdb/") for path in paths], dtype=np.str_),
        )

    @classmethod
    def concatenated(cls, splits: list[Reviews]) -> Reviews:
        return cls(
            [text for split in splits for text in split.texts],
            *(np.concatenate(columns) for columns in list(zip(*splits, strict=True))[1:]),
        )

    def columns(self) -> dict[str, Any]:
        """Return the columns under the names that `fetch_imdb` uses."""
        return {
            "data": self.texts,
            "target": self.labels,
            "filenames": self.filenames,
            "ratings": self.ratings,
        }


def load_split(
    split: str, home: Path, download: dict[str, Any] | None, *, verbose: int = 0
) -> Reviews:
    """Return the reviews of a split from the first source that has them.

    The order is: the cache, the folder, which may be `home` itself, the archive, a download.
    `download` contains the options of `fetch_file`. None forbids a download. `verbose` shows the
    progress of a download, and of reading many files.
    """
    cache = home / f"imdb_{split}.npz"
    if cache.exists():
        try:
            reviews = _read_cache(cache)
        except Exception as error:  # NumPy and zipfile raise many kinds.
            warn_user(f"The cache {cache} is damaged ({error}) and is made anew.")
        else:
            return _checked_count(reviews, split, cache)
    folder = home / "aclImdb"
    if not folder.exists() and any((home / part).is_dir() for part in ("train/neg", "test/neg")):
        folder = home
    if _has_split(folder, split):
        with Progress("Reading reviews", N_REVIEWS[split], shown=verbose > 0) as progress:
            reviews = Reviews.from_files(progress.over(_files_of_folder(folder, split)))
        _write_cache(reviews, cache)
        return _checked_count(reviews, split, folder)
    alternative = ", or the folder aclImdb unpacked from it,"
    archive = fetch_published(ARCHIVE, home, download, alternative, verbose=verbose)
    splits = _read_archive(archive, verbose)
    if split not in splits:
        raise OSError(f"{archive} holds no {split} reviews.")
    for name, reviews in splits.items():
        _write_cache(reviews, home / f"imdb_{name}.npz")
    return _checked_count(splits[split], split, archive)


def _checked_count(reviews: Reviews, split: str, source: Path) -> Reviews:
    if len(reviews.texts) != N_REVIEWS[split]:
        logger.warning(
            "%s holds %d %s reviews where the published data has %d; if that is not meant, "
            "unpack the archive again and delete the caches imdb_*.npz.",
            source,
            len(reviews.texts),
            split,
            N_REVIEWS[split],
        )
    return reviews


# -- the folder and the archive ---------------------------------------------------------------


def _has_split(folder: Path, split: str) -> bool:
    parts = _parts_of_split(folder, split)
    missing = [part for part in parts if not part.is_dir()]
    if missing and len(missing) < len(parts):
        raise OSError(
            f"{folder} is incomplete: {missing[0]} is missing. Unpack the archive again, or move "
            "the folder away to have the reviews downloaded."
        )
    return not missing


def _parts_of_split(folder: Path, split: str) -> list[Path]:
    parent = folder / ("test" if split == "test" else "train")
    return [parent / name for name in _FOLDERS[split]]


def _files_of_folder(folder: Path, split: str) -> Iterator[tuple[str, bytes]]:
    for part in _parts_of_split(folder, split):
        n_files = 0
        for path in part.iterdir():
            name = f"aclImdb/{path.relative_to(folder).as_posix()}"
            if _REVIEW_FILE.fullmatch(name):
                n_files += 1
                yield name, path.read_bytes()
        if not n_files:
            raise OSError(
                f"{part} holds no review, no file named like 0_9.txt: unpack the archive again."
            )


def _read_archive(archive: Path, verbose: int) -> dict[str, Reviews]:
    """Read all splits in one pass, without unpacking files to the disk."""
    files: dict[str, list[tuple[str, bytes]]] = {split: [] for split in _FOLDERS}
    try:
        # As a stream, "r|gz", tarfile would accept a truncated archive without an error.
        with (
            tarfile.open(archive, "r:gz") as tar,
            Progress("Reading files", None, shown=verbose > 0) as progress,
        ):
            for member in progress.over(tar):
                found = _REVIEW_FILE.fullmatch(member.name.removeprefix("./"))
                if found and (file := tar.extractfile(member)):
                    split = "unsupervised" if found[2] == "unsup" else found[1]
                    files[split].append((found[0], file.read()))
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise OSError(f"{archive} is damaged: {error}.") from error
    return {split: Reviews.from_files(found) for split, found in files.items() if found}


# -- the cache: NumPy's npz format, which needs no pickle and contains checksums ---------------


def _write_cache(reviews: Reviews, cache: Path) -> None:
    """Write the cache completely, or leave no file of that name."""
    encoded = [text.encode() for text in reviews.texts]
    content = BytesIO()
    np.savez(
        content,
        text=np.frombuffer(b"".join(encoded), dtype=np.uint8),
        ends=np.cumsum([len(text) for text in encoded], dtype=np.int64),
        labels=reviews.labels,
        ratings=reviews.ratings,
        filenames=reviews.filenames,
    )
    part = cache.with_name(f"{cache.name}.part_{uuid4().hex}")
    try:
        part.write_bytes(content.getbuffer())
        os.replace(part, cache)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            logger.warning("No cache is made, and the reviews are read anew each time: %s", error)
            return
        failure = OSError(
            f"No cache of the reviews could be written to {cache}: {error}. Make room for "
            f"{len(content.getbuffer()) // 10**6 + 1} MB, or pass another data_home."
        )
        failure.errno = error.errno
        raise failure from error
    finally:
        if part.exists():
            part.unlink()


def _read_cache(cache: Path) -> Reviews:
    # The file is opened here, because np.load does not close a file that is damaged.
    with cache.open("rb") as file, zipfile.ZipFile(file) as archive:
        # NumPy reads only the bytes that an array's header announces. zipfile compares the
        # checksum at the end of a member, which NumPy may never reach.
        if damaged := archive.testzip():
            raise OSError(f"the checksum of {damaged} is wrong")
    with cache.open("rb") as file, np.load(file, allow_pickle=False) as columns:
        blob = columns["text"].tobytes()
        ends = columns["ends"].tolist()
        texts = [blob[start:end].decode() for start, end in zip([0, *ends[:-1]], ends, strict=True)]
        return Reviews(texts, columns["labels"], columns["ratings"], columns["filenames"])
