"""The endless stream of packed rows that a run trains on, and the place in it from which it goes on exactly."""

import queue
import random
import threading
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

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


class Drawn(NamedTuple):
    """A document, and where it came from: the number of its source, and its place in what that source gives."""

    source: int
    place: int
    document: Document


class Stream:
    """Draws documents from the sources in proportion to their weights and packs them, a window at a time.

    The stream depends on the data, the seed and the configuration only, so it is the same for any number of ranks.
    The emptiest packed row of a window is not used: its documents go into the next window. A place in the stream is
    small: where each source stood when the window began, which documents came over from the window before, and how
    many packed rows of the window have been used. Going on from there reads the window's documents again.
    """

    def __init__(
        self, config: DataConfig, tokenizer: PreTrainedTokenizerBase, place: dict[str, Any] | None = None
    ) -> None:
        self.config = config
        self.tokenizer = tokenizer
        self.sources = [Shards(source, config.seed) for source in config.sources]
        nothing: dict[str, Any] = {
            "drawn": [0] * len(self.sources),
            "over": [],
            "window": 0,
            "used": 0,
            "dropped": _NOTHING_DROPPED,
        }
        start = place or nothing
        self._drawn: list[int] = list(start["drawn"])
        self._window = int(start["window"])
        self._used = int(start["used"])
        self._dropped: dict[str, int] = dict(start["dropped"])
        self._fault = ""
        self._dropped_running = 0
        self._over = [self._draw_again(number, drawn) for number, drawn in start["over"]]
        self._readers = [self._rows_from(number, drawn) for number, drawn in enumerate(self._drawn)]

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
        ended = False
        while not ended:
            before = {
                "drawn": list(self._drawn),
                "over": [[drawn.source, drawn.place] for drawn in self._over],
                "window": self._window,
                "dropped": dict(self._dropped),
            }
            window, ended = self._fill_window()
            bins = best_fit([len(drawn.document.ids) for drawn in window], self.config.sequence_length)
            self._over = []
            if not ended and len(bins) > 1:
                emptiest = min(bins, key=lambda items: sum(len(window[item].document.ids) for item in items))
                bins.remove(emptiest)
                self._over = [window[item] for item in emptiest]
            # Best fit opens the bins of the longest documents first; training should not see them in that order.
            random.Random(f"{self.config.seed}/window/{self._window}").shuffle(bins)
            for used in range(self._used, len(bins)):
                yield pack([window[item].document for item in bins[used]]), {**before, "used": used + 1}
            self._window += 1
            self._used = 0

    def _fill_window(self) -> tuple[list[Drawn], bool]:
        """The documents of a window, and whether the sources have ended."""
        window = list(self._over)
        tokens = sum(len(drawn.document.ids) for drawn in window)
        room = self.config.window_rows * self.config.sequence_length
        for drawn in self._draws():
            if drawn is not None:
                window.append(drawn)
                tokens += len(drawn.document.ids)
                if tokens >= room:
                    return window, False
        return window, True

    def _draws(self) -> Iterator[Drawn | None]:
        """Documents, each from the source that is furthest behind its share; None for one that is dropped."""
        shares = [source.weight for source in self.config.sources]
        running = list(range(len(shares)))
        while running:
            total = sum(self._drawn) + 1
            number = max(running, key=lambda index: shares[index] / sum(shares) * total - self._drawn[index])
            row = next(self._readers[number], None)
            if row is None:
                running.remove(number)
                continue
            self._drawn[number] += 1
            yield self._usable(number, *row)

    def _usable(self, number: int, name: str, row: dict[str, Any]) -> Drawn | None:
        reason = "unusable"
        try:
            document = self._encode(number, name, row)
        except DataError as error:
            self._fault = str(error)
        else:
            if len(document.ids) <= self.config.sequence_length:
                self._dropped_running = 0
                return Drawn(number, self._drawn[number] - 1, document)
            reason = "too_long"
        self._dropped[reason] += 1
        self._dropped_running += 1
        if self._dropped_running > sum(source.count for source in self.sources):
            raise DataError(
                f"no document can be used: {self._dropped['too_long']} are longer than sequence_length "
                f"({self.config.sequence_length} tokens), {self._dropped['unusable']} are unusable. {self._fault}"
            )
        return None

    def _encode(self, number: int, name: str, row: dict[str, Any]) -> Document:
        return encode(self.tokenizer, read_conversation(row, self.config.sources[number], name), name)

    def _draw_again(self, number: int, drawn: int) -> Drawn:
        name, row = next(self._rows_from(number, drawn))
        return Drawn(number, drawn, self._encode(number, name, row))

    def _rows_from(self, number: int, drawn: int) -> Iterator[tuple[str, dict[str, Any]]]:
        """What a source gives after its first `drawn` rows, epoch after epoch."""
        source = self.sources[number]
        epoch, start = divmod(drawn, source.count)
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
