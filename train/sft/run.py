"""Supervised fine-tuning: the loop from packed rows to an exported model."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import torch
from torch.distributed.fsdp import FSDPModule

from train.checkpoint import Checkpoints
from train.config import read_config
from train.data.packing import NO_TARGET, PackedBatch
from train.data.stream import StepRows, Stream, read_ahead
from train.exit_codes import DONE, INTERRUPTED
from train.model.export import export_model
from train.model.loading import load_policy, load_tokenizer
from train.model.policy import Policy
from train.model.ranks import Ranks, join_ranks
from train.optimizer import learning_rate_at, make_optimizer, step_optimizer
from train.runs import open_run
from train.sft.config import SftConfig
from train.sft.validate import Validation
from train.stop import StopSignal
from train.watch.speed import Speed
from train.watch.watcher import Watcher


def run_sft(config_path: str, overrides: Sequence[str] = ()) -> int:
    """`nlex train sft`: reads the configuration, trains, and returns the exit code."""
    config = read_config(SftConfig, config_path, overrides)
    with join_ranks() as ranks:
        return fine_tune(config, ranks)


def fine_tune(config: SftConfig, ranks: Ranks) -> int:
    """Trains to the last step from the newest checkpoint of `config.output`, or from the start, and exports the model.

    Asked to stop, it writes a checkpoint and returns the exit code that says so; the same call then goes on.
    """
    output = Path(config.output)
    open_run(config, output, ranks)
    tokenizer = load_tokenizer(config.model)
    policy = load_policy(config.model, ranks, config.seed)
    optimizer = make_optimizer(policy, config.optimizer)
    checkpoints = Checkpoints(output / "checkpoints", ranks, config.checkpoint.keep)
    torch.manual_seed(config.seed * 1_000 + ranks.rank)
    state = checkpoints.restore(policy, optimizer) or {"step": 0, "place": None}
    validation = Validation(config, tokenizer, ranks) if config.validation else None
    start, stopped = int(state["step"]), False
    if start >= config.steps and (output / "model").exists():
        return DONE
    speed = Speed(policy, ranks)
    rows_ahead = read_ahead(Stream(config.data, tokenizer, state["place"]))
    with (
        StopSignal() as stop,
        closing(rows_ahead),
        Watcher(output, config.steps, start, active=ranks.leads, title="sft") as watcher,
    ):
        step = start
        for rows in rows_ahead if start < config.steps else ():
            rate = learning_rate_at(config.optimizer, step, config.steps)
            loss = backward(policy, rows, ranks)
            norm = step_optimizer(policy, optimizer, rate, config.optimizer.clip)
            pace = speed.measure(rows.rows)
            watcher.record(
                step,
                {"loss": loss, "learning_rate": rate, "gradient_norm": norm, **pace, **_counts(rows, config)},
                _shown(loss, pace),
            )
            step += 1
            state = {"step": step, "place": rows.place}
            if validation and (step % validation.every == 0 or step == config.steps):
                watcher.note(step - 1, validation.look(policy, output, step))
                speed.restart()
            stopped = ranks.any(stop.asked)
            if stopped or step == config.steps or step % config.checkpoint.every == 0:
                checkpoints.save(step, policy, optimizer, state)
            if stopped or step == config.steps:
                break
        if not stopped and checkpoints.latest() != step:
            # The data ended before the steps did.
            checkpoints.save(step, policy, optimizer, state)
        checkpoints.wait()
    if stopped and step < config.steps:
        _tell(ranks, f"stopped after step {step} of {config.steps}; the same command goes on from here")
        return INTERRUPTED
    export_model(policy, tokenizer, output / "model", ranks, getattr(torch, config.export))
    _tell(ranks, f"{step} steps done; the model is in {output / 'model'}")
    return DONE


def backward(policy: Policy, rows: StepRows, ranks: Ranks) -> float:
    """Adds a step's gradient to the policy's; returns the mean loss of the step's targets, over all ranks.

    Each target counts the same wherever it was packed: the sum is divided by the targets of all rows of all ranks.
    """
    count = sum(row.target_count for row in rows.rows)
    total = torch.zeros((), device=ranks.device)
    mine = _share(rows.rows, ranks)
    for number, row in enumerate(mine):
        if isinstance(policy, FSDPModule):
            # Gradients are summed over ranks once, after the last row.
            policy.set_requires_gradient_sync(number == len(mine) - 1)
        loss = -policy(row.to(ranks.device)).logprobs.sum() / count
        # FSDP takes the mean over ranks; the loss is a sum.
        (loss * ranks.world).backward()
        total += loss.detach()
    return float(ranks.sum(total))


def _share(rows: Sequence[PackedBatch], ranks: Ranks) -> list[PackedBatch]:
    """This rank's rows; a rank with fewer gets one without targets, since all ranks must take part in each pass."""
    mine = list(rows[ranks.rank :: ranks.world])
    if len(mine) < -(-len(rows) // ranks.world):
        idle = rows[0]
        mine.append(
            PackedBatch(
                idle.input_ids,
                idle.position_ids,
                torch.full_like(idle.targets, NO_TARGET),
                idle.cu_seqlens,
                idle.max_length,
            )
        )
    return mine


def _counts(rows: StepRows, config: SftConfig) -> dict[str, float]:
    tokens = sum(len(row.input_ids) for row in rows.rows)
    return {
        "tokens": tokens,
        "targets": sum(row.target_count for row in rows.rows),
        "documents": sum(len(row.names) for row in rows.rows),
        "unfilled": 1 - tokens / (len(rows.rows) * config.data.sequence_length),
        "dropped_too_long": rows.dropped["too_long"],
        "dropped_unusable": rows.dropped["unusable"],
    }


def _shown(loss: float, pace: dict[str, float]) -> dict[str, str]:
    shown = {"loss": f"{loss:.4f}", "tok/s": f"{pace['tokens_per_second']:,.0f}"}
    if "mfu" in pace:
        shown["MFU"] = f"{pace['mfu']:.1%}"
    return {**shown, "GiB": f"{pace['memory_gib']:.1f}"}


def _tell(ranks: Ranks, text: str) -> None:
    if ranks.leads:
        print(f"nlex train sft: {text}")
