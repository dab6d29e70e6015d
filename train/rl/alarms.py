"""What tells that a run goes wrong: entropy that collapses, replies that loop, rounds that teach nothing."""

from collections.abc import Mapping, Sequence

from train.rl.config import AlarmConfig

_LONGEST_LOOP = 64
_TIMES = 4
_SHORTEST_TAIL = 32


class NothingToLearn(Exception):
    """Round after round every group was dropped: training cannot go on."""


def ends_in_loop(tokens: Sequence[int]) -> bool:
    """Whether a reply ends in the same 1 to 64 tokens at least four times over, 32 tokens or more in all."""
    for period in range(1, _LONGEST_LOOP + 1):
        tail = tokens[-max(_TIMES * period, _SHORTEST_TAIL) :]
        if len(tail) < max(_TIMES * period, _SHORTEST_TAIL):
            return False
        if all(one == other for one, other in zip(tail, tail[period:], strict=False)):
            return True
    return False


class Alarms:
    """Watches the figures of each step; says each warning once when it begins, not at every step."""

    def __init__(self, config: AlarmConfig) -> None:
        self._config = config
        self._empty = 0
        self._ringing: set[str] = set()

    def warnings(self, figures: Mapping[str, float]) -> list[str]:
        """Warnings that begin with this step's `entropy` and `repetition`."""
        faults = {
            "entropy": (
                figures["entropy"] < self._config.entropy,
                f"entropy has fallen to {figures['entropy']:.4f} nats: the policy is collapsing to one reply; "
                "a lower learning rate or an earlier checkpoint helps",
            ),
            "repetition": (
                figures["repetition"] > self._config.repetition,
                f"{figures['repetition']:.0%} of the replies end in a loop of tokens",
            ),
        }
        begun = [text for name, (on, text) in faults.items() if on and name not in self._ringing]
        self._ringing = {name for name, (on, _) in faults.items() if on}
        return begun

    def round_taught(self, lessons: int, dropped: Mapping[str, int]) -> None:
        """Takes note of a round. Raises NothingToLearn after too many rounds in a row without a lesson."""
        self._empty = 0 if lessons else self._empty + 1
        if self._empty >= self._config.empty_rounds:
            counts = ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in dropped.items() if count)
            raise NothingToLearn(
                f"{self._empty} rounds in a row had nothing to learn from (dropped in the last: {counts}). If all "
                "groups are flat the tasks are too hard or too easy for the model: fine-tune it first, change the "
                "tasks, or allow longer replies"
            )
