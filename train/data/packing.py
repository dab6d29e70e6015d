"""Documents laid end to end in one row of tokens, with the boundaries that attention must not cross."""

from bisect import bisect_left, insort
from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

NO_TARGET = -100


@dataclass(frozen=True)
class Document:
    """A tokenized text.

    Attributes:
        ids: its tokens.
        targets: at each position the token to predict there (the next one), or `NO_TARGET` where no loss is taken.
        name: what it was made from, for people and for tests of completeness.
    """

    ids: tuple[int, ...]
    targets: tuple[int, ...]
    name: str = ""

    def __post_init__(self) -> None:
        if len(self.ids) != len(self.targets):
            raise ValueError(f"{self.name}: {len(self.ids)} tokens but {len(self.targets)} targets")


@dataclass(frozen=True)
class PackedBatch:
    """One row of T tokens made of D documents.

    Attributes:
        input_ids: int64 [T].
        position_ids: int64 [T], restarting at 0 with each document.
        targets: int64 [T], as in `Document`.
        cu_seqlens: int32 [D + 1], where each document begins, and T at the end.
        max_length: tokens of the longest document.
        names: the documents' names.
    """

    input_ids: Tensor
    position_ids: Tensor
    targets: Tensor
    cu_seqlens: Tensor
    max_length: int
    names: tuple[str, ...] = ()

    @property
    def target_count(self) -> int:
        """How many positions carry loss."""
        return int((self.targets != NO_TARGET).sum())

    def without_targets(self) -> "PackedBatch":
        """The same tokens, of which none is to be predicted."""
        return replace(self, targets=torch.full_like(self.targets, NO_TARGET))

    def to(self, device: torch.device) -> "PackedBatch":
        """The same batch on another device."""
        return PackedBatch(
            self.input_ids.to(device, non_blocking=True),
            self.position_ids.to(device, non_blocking=True),
            self.targets.to(device, non_blocking=True),
            self.cu_seqlens.to(device, non_blocking=True),
            self.max_length,
            self.names,
        )


def pack(documents: Sequence[Document]) -> PackedBatch:
    """Lays documents end to end.

    Raises:
        ValueError: there is no document, or one of them is empty.
    """
    lengths = [len(document.ids) for document in documents]
    if not lengths or min(lengths) == 0:
        raise ValueError("a packed row needs one document or more, and none of them empty")
    starts = torch.tensor([0, *lengths]).cumsum(0)
    return PackedBatch(
        input_ids=torch.tensor([token for document in documents for token in document.ids]),
        position_ids=torch.cat([torch.arange(length) for length in lengths]),
        targets=torch.tensor([token for document in documents for token in document.targets]),
        cu_seqlens=starts.to(torch.int32),
        max_length=max(lengths),
        names=tuple(document.name for document in documents),
    )


def best_fit(lengths: Sequence[int], capacity: int) -> list[list[int]]:
    """Puts items into bins by best-fit decreasing: each, longest first, into the fullest bin that still holds it.

    Returns:
        the bins, in order of opening, as indices into `lengths`.

    Raises:
        ValueError: an item is longer than `capacity`.
    """
    bins: list[list[int]] = []
    free: list[tuple[int, int]] = []  # (space left, bin), sorted
    for item in sorted(range(len(lengths)), key=lambda index: (-lengths[index], index)):
        length = lengths[item]
        if length > capacity:
            raise ValueError(f"item {item} is {length} long, a bin holds {capacity}")
        place = bisect_left(free, (length, -1))
        if place == len(free):
            bins.append([item])
            insort(free, (capacity - length, len(bins) - 1))
        else:
            space, chosen = free.pop(place)
            bins[chosen].append(item)
            insort(free, (space - length, chosen))
    return bins
