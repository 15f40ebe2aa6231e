"""The reviews of IMDB as texts: from the cache, the folder, the archive or a download."""

import errno
import logging
import os
import re
import tarfile
import zlib
from collections import defaultdict
from collections.abc import Iterable
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np

from sklearn_imdb._imdb import download
from sklearn_imdb._imdb.download import DataHome, fetch_published
from sklearn_imdb._progress import Progress
from sklearn_imdb._warnings import warn_user

logger = logging.getLogger(__name__)


_FOLDERS = {"train": ("neg", "pos"), "test": ("neg", "pos"), "unsupervised": ("unsup",)}
N_REVIEWS = {"train": 25_000, "test": 25_000, "unsupervised": 50_000}
_REVIEW_FILE = re.compile(r"(?:\./)?(?:aclImdb/)?((train|test)/(neg|pos|unsup)/(\d+)_(\d+)\.txt)")
_LABELS = {"neg": 0, "pos": 1, "unsup": -1}


def load_texts(splits: list[str], data_home: DataHome) -> dict[str, Any]:
    """Return the columns of the reviews of some splits, under the names that `fetch_imdb` uses.

    The reviews of a split are sorted by class and by the number in the file name.
    """
    parts = [_load_split(split, data_home) for split in splits]
    texts = [text for part in parts for text in part.pop("data")]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {"data": texts, **arrays}


def _load_split(split: str, data_home: DataHome) -> dict[str, Any]:
    """Return the columns of a split from the first source that has it.

    The order is: the cache, the folder, which may be the data home itself, the archive, a download.
    """
    home = data_home.folder
    source = home / f"imdb_{split}.npz"
    columns = _read_cache(source)
    if columns is None:
        source = home / "aclImdb" if (home / "aclImdb").exists() else home
        found = _read_folder(source, split, data_home.is_shown)
        if not found:
            source = fetch_published(download.ARCHIVE, data_home)
            found = _read_archive(source, data_home.is_shown)
        if split not in found:
            raise OSError(f"{source} holds no {split} reviews.")
        for name, of_split in found.items():
            _write_cache(of_split, home / f"imdb_{name}.npz")
        columns = found[split]
    n_reviews = len(columns["data"])
    if n_reviews != N_REVIEWS[split]:
        logger.warning(
            f"{source} holds {n_reviews} {split} reviews, but {N_REVIEWS[split]} were published. "
            "If you removed none, unpack the archive again and delete the caches imdb_*.npz."
        )
    return columns


# -- the folder and the archive ---------------------------------------------------------------


def _read_folder(folder: Path, split: str, is_shown: bool) -> dict[str, dict[str, Any]]:
    """Return the columns of the split by its name, or nothing if the folder does not have it."""
    parent = folder / ("test" if split == "test" else "train")
    parts = [parent / name for name in _FOLDERS[split]]
    if not any(part.is_dir() for part in parts):
        return {}
    files: list[tuple[re.Match[str], Path]] = []
    for part in parts:
        names = {path: _REVIEW_FILE.fullmatch("/".join(path.parts[-3:])) for path in part.glob("*")}
        reviews = [(name, path) for path, name in names.items() if name]
        if not reviews:
            fault = "holds no review, no file named like 0_9.txt" if part.is_dir() else "is missing"
            raise OSError(
                f"{folder} is incomplete: {part} {fault}. Unpack the archive again, or remove "
                f"{folder} to have the reviews downloaded."
            )
        files += reviews
    with Progress("Reading reviews", len(files), shown=is_shown) as progress:
        contents = ((name, path.read_bytes()) for name, path in progress.over(files))
        return {split: _make_columns(contents)}


def _read_archive(archive: Path, is_shown: bool) -> dict[str, dict[str, Any]]:
    """Return the columns of all splits. Files are read in one pass and not unpacked to the disk."""
    files = defaultdict(list)
    try:
        progress = Progress("Reading files", None, shown=is_shown)
        # As a stream, "r|gz", tarfile would accept a truncated archive without an error.
        with tarfile.open(archive, "r:gz") as tar, progress:
            for member in progress.over(tar):
                name = _REVIEW_FILE.fullmatch(member.name)
                if name and (file := tar.extractfile(member)):
                    split = "unsupervised" if name[3] == "unsup" else name[2]
                    files[split].append((name, file.read()))
    except (tarfile.TarError, EOFError, zlib.error) as error:
        raise OSError(f"{archive} is damaged: {error}.") from error
    return {split: _make_columns(of_split) for split, of_split in files.items()}


def _make_columns(files: Iterable[tuple[re.Match[str], bytes]]) -> dict[str, Any]:
    """Return the columns of files: of each the match of its name, and its content."""
    rows = []
    for name, content in files:
        path, _, kind, number, rating = name.groups()
        try:
            rows.append((_LABELS[kind], int(number), int(rating), path, content.decode()))
        except UnicodeDecodeError as error:
            raise OSError(f"{path} is not UTF-8: {error}.") from error
    labels, _, ratings, paths, texts = zip(*sorted(rows), strict=True)
    return {
        "data": list(texts),
        "target": np.array(labels, dtype=np.int64),
        "filenames": np.array(paths),
        "ratings": np.array(ratings, dtype=np.int64),
    }


# -- the cache: NumPy's npz format, which needs no pickle and contains checksums ---------------


def _write_cache(columns: dict[str, Any], cache: Path) -> None:
    """Write the cache completely, or leave no file of that name."""
    encoded = [text.encode() for text in columns["data"]]
    content = BytesIO()
    np.savez(
        content,
        text=np.frombuffer(b"".join(encoded), dtype=np.uint8),
        ends=np.cumsum([len(text) for text in encoded], dtype=np.int64),
        labels=columns["target"],
        ratings=columns["ratings"],
        filenames=columns["filenames"],
    )
    part = cache.with_name(f"{cache.name}.part_{uuid4().hex}")
    try:
        part.write_bytes(content.getbuffer())
        os.replace(part, cache)
    except OSError as error:
        if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise OSError(
                error.errno,
                f"No cache of the reviews could be written to {cache}: {error.strerror}. Make room "
                f"for {len(content.getbuffer()) // 10**6 + 1} MB, or pass another data_home.",
            ) from error
        logger.warning("No cache is made, and the reviews are read anew each time: %s", error)
    finally:
        if part.exists():  # On a read-only file system unlink fails for a missing file, too.
            part.unlink()


def _read_cache(cache: Path) -> dict[str, Any] | None:
    """Return the columns in the cache. Return None if it is missing or, with a warning, damaged."""
    if not cache.exists():
        return None
    try:
        with cache.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            # NumPy reads only the bytes that an array's header announces. zipfile compares the
            # checksum at the end of a member, which NumPy may never reach.
            if damaged := arrays.zip.testzip():
                raise OSError(f"the checksum of {damaged} is wrong")
            blob = arrays["text"].tobytes()
            bounds = pairwise([0, *arrays["ends"].tolist()])
            return {
                "data": [blob[start:end].decode() for start, end in bounds],
                "target": arrays["labels"],
                "filenames": arrays["filenames"],
                "ratings": arrays["ratings"],
            }
    except Exception as error:  # NumPy and zipfile raise many kinds.
        warn_user(f"The cache {cache} is damaged ({error}) and is made anew.")
        return None
