"""Does reinforcement raise the reward, and only if the rewards are true? A tiny model on a family of small programs.

A model that answers in the right form, and rightly now and then, is trained by reinforcement on output prediction,
for each seed twice: with its rewards, and with the rewards of each group dealt out at random among its episodes. The
second sees as many rewards of either kind, and must learn nothing.
"""

import argparse
import dataclasses
import json
import random
import statistics
import tempfile
from pathlib import Path

from tests.train.family import ALONE, family_run, make_guesser
from train.exit_codes import DONE
from train.optimizer import OptimizerConfig
from train.rl.alarms import NothingToLearn
from train.rl.group import Group
from train.rl.run import reinforce

_ENDS = 10
_OPTIMIZER = OptimizerConfig(learning_rate=5e-4, warmup_steps=2, schedule="constant", weight_decay=0.0, clip=0.1)


def dealt_at_random(group: Group) -> Group:
    """The group with its endings dealt out at random among its episodes."""
    endings = [episode.ending for episode in group.episodes]
    random.Random(group.number).shuffle(endings)
    pairs = zip(group.episodes, endings, strict=True)
    return dataclasses.replace(
        group, episodes=tuple(dataclasses.replace(episode, ending=ending) for episode, ending in pairs)
    )


def _as_it_is(group: Group) -> Group:
    return group


def shares_right(output: Path) -> list[float]:
    """The share of right predictions in each step."""
    lines = (output / "metrics.jsonl").read_text().splitlines()
    return [json.loads(line)["passed/output_prediction"] for line in lines]


def main() -> None:
    """Runs every seed both ways; prints a table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="seeds (3)")
    parser.add_argument("--steps", type=int, default=40, help="steps of each run (40)")
    parser.add_argument("--sft-steps", type=int, default=500, help="steps that teach the form of an answer (500)")
    args = parser.parse_args()
    found = []
    with tempfile.TemporaryDirectory() as folder:
        corpus, model = make_guesser(Path(folder), steps=args.sft_steps, guesses=6000, right=0.6, rate=2e-3)
        for seed in range(args.seeds):
            for rewards in ("true", "shuffled"):
                output = Path(folder) / f"{rewards}-{seed}"
                config = family_run(
                    corpus,
                    model,
                    output,
                    steps=args.steps,
                    seed=seed,
                    transcripts_every=0,
                    groups_per_round=15,
                    batch_tokens=1,
                    optimizer=_OPTIMIZER,
                )
                regard = dealt_at_random if rewards == "shuffled" else _as_it_is
                try:
                    if reinforce(config, ALONE, regard) != DONE:
                        raise SystemExit(130)
                except NothingToLearn:
                    # All episodes of every group have come to the same reward: what was taken of steps counts.
                    print(f"seed {seed}, {rewards} rewards: nothing left to learn from")
                shares = shares_right(output)
                first, last = statistics.mean(shares[:_ENDS]), statistics.mean(shares[-_ENDS:])
                found.append({"seed": seed, "rewards": rewards, "steps": len(shares), "first": first, "last": last})
    print(f"\nShare of right predictions, mean of {_ENDS} steps, {args.steps} steps in all")
    print(f"{'seed':>4} {'rewards':<9} {'steps':>5} {'first':>7} {'last':>7} {'ratio':>6}")
    for one in found:
        cells = f"{one['first']:>7.1%} {one['last']:>7.1%} {one['last'] / one['first']:>6.2f}"
        print(f"{one['seed']:>4} {one['rewards']:<9} {one['steps']:>5} {cells}")
    print(json.dumps({"steps": args.steps, "runs": found}))


if __name__ == "__main__":
    main()
