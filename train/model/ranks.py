"""The processes of a run: one alone, or those that `torchrun` started, each with a device."""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

Item = TypeVar("Item")


@dataclass(frozen=True)
class Ranks:
    """This process's place: its rank among `world`, and its device."""

    rank: int
    world: int
    device: torch.device

    @property
    def leads(self) -> bool:
        """Whether this process writes what is written once."""
        return self.rank == 0

    def sum(self, tensor: Tensor) -> Tensor:
        """The sum of a tensor over all ranks, on each of them."""
        if self.world > 1:
            tensor = tensor.clone()
            dist.all_reduce(tensor)
        return tensor

    def any(self, flag: bool) -> bool:
        """Whether the flag is set on any rank."""
        return bool(self.sum(torch.tensor(float(flag), device=self.device)) > 0)

    def gather(self, item: Item) -> list[Item]:
        """Every rank's item, which pickle can hold, in the order of the ranks."""
        if self.world == 1:
            return [item]
        items: list[Any] = [None] * self.world
        dist.all_gather_object(items, item)
        return items

    def share(self, items: Sequence[Item], idle: Callable[[Item], Item]) -> list[Item]:
        """This rank's of the items: as many on each rank, since all must take part in each pass over the model.

        Where they do not go round, `idle` makes of an item one that counts for nothing.
        """
        mine = list(items[self.rank :: self.world])
        return mine if len(mine) == -(-len(items) // self.world) else [*mine, idle(items[0])]

    @property
    def alone(self) -> "Ranks":
        """A world of this process only."""
        return Ranks(0, 1, self.device)

    def wait(self) -> None:
        """Returns when every rank has come here."""
        if self.world > 1:
            dist.barrier()


@contextmanager
def join_ranks() -> Iterator[Ranks]:
    """Joins the process group that `torchrun` describes in the environment; without one, a world of one."""
    local = int(os.environ.get("LOCAL_RANK", "0"))
    device = torch.device("cuda", local) if torch.cuda.is_available() else torch.device("cpu")
    if device.type == "cuda":
        torch.cuda.set_device(device)
    if "RANK" not in os.environ:
        yield Ranks(0, 1, device)
        return
    dist.init_process_group("cpu:gloo,cuda:nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(dist.get_rank(), dist.get_world_size(), device)
    finally:
        dist.destroy_process_group()
