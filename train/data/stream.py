"""The endless stream of packed rows that a run trains on, and the place in it from which it goes on exactly."""

import queue
import random
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

from transformers import PreTrainedTokenizerBase

from train.data.config import DataConfig
from train.data.conversation import encode, read_conversation
from train.data.packing import Document, PackedBatch, best_fit, pack
from train.data.shards import DataError, Shards

_NOTHING_DROPPED = {"too_long": 0, "unusable": 0}


@dataclass(frozen=True)
class StepRows:
    """The packed rows of one optimizer step.

    Attributes:
        rows: all of them; rank r of n takes rows r, r + n, ...
        place: the place in the stream after these rows, to go on from.
        dropped: documents dropped so far: `too_long` for a packed row, or `unusable`.
        fault: what was wrong with the last unusable one.
    """

    rows: tuple[PackedBatch, ...]
    place: dict[str, Any]
    dropped: dict[str, int]
    fault: str


class Stream:
    """Draws documents from the sources in proportion to their weights and packs them, a window at a time.

    The stream depends on the data, the seed and the configuration only, so it is the same for any number of
    ranks. A place in it is small: how many rows each source had given when the current window began, and how many
    packed rows of the window have been used. Going on from there reads the window's documents again.
    """

    def __init__(self, config: DataConfig, tokenizer: PreTrainedTokenizerBase, place: dict[str, Any] | None = None):
        self.config = config
        self.tokenizer = tokenizer
        self.sources = [Shards(source, config.seed) for source in config.sources]
        start = place or {"drawn": [0] * len(self.sources), "window": 0, "used": 0, "dropped": _NOTHING_DROPPED}
        self._drawn: list[int] = list(start["drawn"])
        self._window = int(start["window"])
        self._used = int(start["used"])
        self._dropped: dict[str, int] = dict(start["dropped"])
        self._fault = ""
        self._dropped_running = 0
        self._readers = [self._rows_of(number) for number in range(len(self.sources))]

    def __iter__(self) -> Iterator[StepRows]:
        """The steps' rows; ends when every source has been read `max_epochs` times, maybe with a smaller step.

        Raises:
            DataError: not one document can be used.
        """
        rows: list[PackedBatch] = []
        for row, place in self._rows():
            rows.append(row)
            if len(rows) == self.config.rows_per_step:
                yield StepRows(tuple(rows), place, dict(self._dropped), self._fault)
                rows = []
        if rows:
            yield StepRows(tuple(rows), place, dict(self._dropped), self._fault)

    def _rows(self) -> Iterator[tuple[PackedBatch, dict[str, Any]]]:
        while True:
            before = {"drawn": list(self._drawn), "window": self._window, "dropped": dict(self._dropped)}
            documents = self._fill_window()
            if not documents:
                return
            bins = best_fit([len(document.ids) for document in documents], self.config.sequence_length)
            # Best fit opens the bins of the longest documents first; training should not see them in that order.
            random.Random(f"{self.config.seed}/window/{self._window}").shuffle(bins)
            for used in range(self._used, len(bins)):
                place = {**before, "used": used + 1}
                yield pack([documents[item] for item in bins[used]]), place
            self._window += 1
            self._used = 0

    def _fill_window(self) -> list[Document]:
        documents: list[Document] = []
        tokens = 0
        room = self.config.window_rows * self.config.sequence_length
        for document in self._draws():
            if document is not None:
                documents.append(document)
                tokens += len(document.ids)
                if tokens >= room:
                    break
        return documents

    def _draws(self) -> Iterator[Document | None]:
        """Documents, each from the source that is furthest behind its share; None for one that is dropped."""
        shares = [source.weight for source in self.config.sources]
        running = list(range(len(shares)))
        while running:
            total = sum(self._drawn) + 1
            number = max(running, key=lambda index: shares[index] / sum(shares) * total - self._drawn[index])
            drawn = next(self._readers[number], None)
            if drawn is None:
                running.remove(number)
                continue
            self._drawn[number] += 1
            yield self._usable(number, *drawn)

    def _usable(self, number: int, name: str, row: dict[str, Any]) -> Document | None:
        reason = "unusable"
        try:
            document = encode(self.tokenizer, read_conversation(row, self.config.sources[number], name), name)
        except DataError as error:
            self._fault = str(error)
        else:
            if len(document.ids) <= self.config.sequence_length:
                self._dropped_running = 0
                return document
            reason = "too_long"
        self._dropped[reason] += 1
        self._dropped_running += 1
        if self._dropped_running > sum(source.count for source in self.sources):
            raise DataError(
                f"no document can be used: {self._dropped['too_long']} are longer than sequence_length "
                f"({self.config.sequence_length} tokens), {self._dropped['unusable']} are unusable. {self._fault}"
            )
        return None

    def _rows_of(self, number: int) -> Iterator[tuple[str, dict[str, Any]]]:
        source = self.sources[number]
        epoch, start = divmod(self._drawn[number], source.count)
        while self.config.max_epochs is None or epoch < self.config.max_epochs:
            yield from source.rows(epoch, start)
            epoch, start = epoch + 1, 0


def read_ahead(stream: Stream, steps: int = 2) -> Generator[StepRows]:
    """The stream's steps, prepared in a thread up to `steps` ahead of their use; its errors are raised here."""
    ready: queue.Queue[StepRows | BaseException | None] = queue.Queue(steps)
    stopped = threading.Event()

    def put(item: StepRows | BaseException | None) -> bool:
        while not stopped.is_set():
            try:
                ready.put(item, timeout=0.1)
            except queue.Full:
                continue
            return True
        return False

    def prepare() -> None:
        try:
            if all(put(rows) for rows in stream):
                put(None)
        except BaseException as error:
            put(error)

    threading.Thread(target=prepare, name="read-ahead", daemon=True).start()
    try:
        while (item := ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        stopped.set()
