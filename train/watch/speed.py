"""How fast a run goes: tokens a second, model FLOPs utilisation, memory."""

import time
from collections.abc import Sequence

import torch

from train.data.packing import PackedBatch
from train.model.flops import attention_flops, flops_per_token, peak_flops
from train.model.policy import Policy
from train.model.ranks import Ranks
from train.watch.watcher import peak_memory_gib


class Speed:
    """Tokens a second and model FLOPs utilisation between one step's end and the next."""

    def __init__(self, policy: Policy, ranks: Ranks) -> None:
        self._lm = policy.lm
        self._per_token = flops_per_token(policy.lm)
        self._ranks = ranks
        name = torch.cuda.get_device_name(ranks.device) if ranks.device.type == "cuda" else "processor"
        self._peak = peak_flops(name)
        self.restart()

    def restart(self) -> None:
        """Begins a step now."""
        self._last = time.perf_counter()

    def measure(self, rows: Sequence[PackedBatch]) -> dict[str, float]:
        """The pace of a step that trained on these rows and ends now, the next one's beginning.

        `mfu` is there only for a device whose peak is known.
        """
        seconds = time.perf_counter() - self._last
        self._last += seconds
        tokens = sum(len(row.input_ids) for row in rows)
        pace = {"tokens_per_second": tokens / seconds, "memory_gib": peak_memory_gib(self._ranks.device)}
        if self._peak is not None:
            lengths = [int(length) for row in rows for length in row.cu_seqlens.diff()]
            flops = self._per_token * tokens + attention_flops(self._lm, lengths)
            pace["mfu"] = flops / seconds / self._peak / self._ranks.world
        return pace
