"""Read the bytes of pictures that lie in archives or behind URLs."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from wepsam import files
from wepsam.weak.picture_list import Picture

MAX_BYTES = 1 << 30  # largest file in an archive or behind a URL, which is read completely before it is decoded
PREFETCH = 32  # pictures fetched side by side from behind a URL while the previous ones are labeled


def read_pictures(pictures: Sequence[Picture]) -> Iterator[tuple[Picture, str | bytes | OSError]]:
    """Yield each picture with something that `read_image` takes, or with the error that prevents it.

    That is a path for a local file, and bytes for a picture in an archive or behind a URL.

    Raises:
        OSError: a server cannot be reached. That is not the picture's fault and passes, so it is no failed row.
    """
    if not any(files.is_url(picture.path) for picture in pictures):
        yield from _read_local(pictures)
        return
    # Behind a URL most of the time is waiting, so the next pictures are fetched meanwhile.
    batches = [pictures[start : start + PREFETCH] for start in range(0, len(pictures), PREFETCH)]
    with ThreadPoolExecutor(1) as pool:
        next_sources = pool.submit(_fetch, batches[0])
        for number, batch in enumerate(batches, 1):
            sources = next_sources.result()
            if number < len(batches):
                next_sources = pool.submit(_fetch, batches[number])
            yield from zip(batch, sources, strict=True)


def _read_local(pictures: Sequence[Picture]) -> Iterator[tuple[Picture, str | bytes | OSError]]:
    archive, file = "", None
    try:
        for picture in pictures:
            if not picture.archive or picture.flaw:
                yield picture, picture.path
                continue
            try:
                if picture.archive != archive:
                    if file:
                        file.close()
                    archive, file = "", None
                    file = files.open_binary(picture.archive)
                    archive = picture.archive
                assert file
                file.seek(picture.offset)
                yield picture, _within_limit(file.read(min(picture.size, MAX_BYTES + 1)))
            except OSError as error:
                yield picture, error
    finally:
        if file:
            file.close()


def _fetch(pictures: Sequence[Picture]) -> list[str | bytes | OSError]:
    """The sources of a batch in which some pictures are behind URLs, fetched side by side."""
    sources: list[str | bytes | OSError] = [picture.path for picture in pictures]
    remote = [k for k, picture in enumerate(pictures) if files.is_url(picture.path) and not picture.flaw]
    urls = [pictures[k].archive or pictures[k].path for k in remote]
    spans = [(pictures[k].offset, pictures[k].size) if pictures[k].archive else (0, MAX_BYTES + 1) for k in remote]
    pieces = files.read_pieces(urls, [start for start, _ in spans], [start + size for start, size in spans])
    for k, url, piece in zip(remote, urls, pieces, strict=True):
        if isinstance(piece, FileNotFoundError | PermissionError):
            sources[k] = type(piece)(piece.errno, str(piece.strerror or piece), url)
        elif isinstance(piece, Exception):
            raise OSError(f"{url}: {' '.join(str(piece).split()) or type(piece).__name__}")
        else:
            sources[k] = _within_limit(piece)
    local = [k for k in range(len(pictures)) if not files.is_url(pictures[k].path)]
    for k, (_, source) in zip(local, _read_local([pictures[k] for k in local]), strict=True):
        sources[k] = source
    return sources


def _within_limit(data: bytes) -> bytes | OSError:
    return OSError(f"more than {MAX_BYTES >> 20} MiB") if len(data) > MAX_BYTES else data
