"""Supervised fine-tuning: the loop from packed rows to an exported model."""

from collections.abc import Sequence
from contextlib import closing

import torch

from train.config import read_config
from train.data.packing import PackedBatch
from train.data.stream import StepRows, Stream, read_ahead
from train.exit_codes import DONE
from train.model.policy import Policy, passes
from train.model.ranks import Ranks, join_ranks
from train.optimizer import learning_rate_at, step_optimizer
from train.runs import begin_run
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
    run = begin_run(config, ranks)
    if run.is_done:
        return DONE
    validation = Validation(config, run.tokenizer, ranks) if config.validation else None
    stream, stopped = Stream(config.data, run.tokenizer, run.state.get("place")), False
    speed = Speed(run.policy, ranks)
    with (
        StopSignal() as stop,
        closing(read_ahead(stream)) as rows_ahead,
        Watcher(run.output, config.steps, run.step, active=ranks.leads, title="sft") as watcher,
    ):
        fault = ""
        for rows in rows_ahead if run.step < config.steps else ():
            rate = learning_rate_at(config.optimizer, run.step, config.steps)
            loss = backward(run.policy, rows, ranks)
            norm = step_optimizer(run.policy, run.optimizer, rate, config.optimizer.clip)
            pace = speed.measure(rows.rows)
            watcher.record(
                run.step,
                {"loss": loss, "learning_rate": rate, "gradient_norm": norm, **pace, **_counts(rows, config)},
                _shown(loss, pace),
            )
            if rows.fault != fault:
                fault = rows.fault
                watcher.say(f"step {run.step}: {rows.dropped['unusable']} unusable so far, the last: {fault}")
            run.step, run.state = run.step + 1, {"place": rows.place}
            if validation and (run.step % validation.every == 0 or run.step == config.steps):
                watcher.note(run.step - 1, validation.look(run.policy, run.output, run.step))
                speed.restart()
            stopped = ranks.any(stop.asked)
            run.save_where_due(stopped=stopped)
            if stopped or run.step == config.steps:
                break
    return run.end("sft", stopped=stopped)


def backward(policy: Policy, rows: StepRows, ranks: Ranks) -> float:
    """Adds a step's gradient to the policy's; returns the mean loss of the step's targets, over all ranks.

    Each target counts the same wherever it was packed: the sum is divided by the targets of all rows of all ranks.
    """
    count = sum(row.target_count for row in rows.rows)
    total = torch.zeros((), device=ranks.device)
    for row in passes(policy, ranks.share(rows.rows, PackedBatch.without_targets)):
        loss = -policy(row.to(ranks.device)).logprobs.sum() / count
        # FSDP takes the mean over ranks; the loss is a sum.
        (loss * ranks.world).backward()
        total += loss.detach()
    return float(ranks.sum(total))


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
