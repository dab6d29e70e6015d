"""Fine-tuning side by side with TRL's `SFTTrainer`: speed, memory, and the losses of the same steps.

    python -m benchmarks.sft CORPUS [--size toy|0.5B|1.5B] [--length 4096] [--steps 20]

Both sides train the same random weights, in processes of their own, on the same packed rows in the same order with the
same optimizer. TRL gets the rows ready packed, padding-free, so that what is compared is the training and not the
packing; on a GPU it has the flash-attention kernel, and Liger's kernels where they are installed. The losses of every
step must agree, or the table says so. Needs the `bench` extra.
"""

import argparse
import json
import os
import statistics
import tempfile
import time
from importlib.util import find_spec
from itertools import islice, pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import Qwen2Config

from train.data.config import DataConfig, SourceConfig
from train.data.packing import NO_TARGET, PackedBatch
from train.data.stream import StepRows, Stream
from train.model.config import ModelConfig
from train.model.flops import attention_flops, flops_per_token, peak_flops
from train.model.loading import load_policy, load_tokenizer
from train.model.ranks import Ranks, join_ranks
from train.model.tiny import TinyConfig, make_tiny, texts_of
from train.optimizer import OptimizerConfig, learning_rate_at, make_optimizer, step_optimizer
from train.sft.run import backward
from train.watch.watcher import peak_memory_gib

WARM = 3  # steps that are not timed: compilers and allocators settle in them
OPTIMIZER = OptimizerConfig(learning_rate=1e-4, warmup_steps=0, schedule="constant", weight_decay=0.0)
# Qwen2.5's architectures: width, layers, heads, key heads, inner width.
SHAPES = {"0.5B": (896, 24, 14, 2, 4864), "1.5B": (1536, 28, 12, 2, 8960)}


class Case(NamedTuple):
    """What both sides train."""

    model: str
    compute: str
    checkpointing: str
    compile: bool
    steps: list[StepRows]


class Result(NamedTuple):
    """What one side did: loss, wall seconds and processor seconds of each step; most memory held, in GiB."""

    losses: list[float]
    seconds: list[float]
    processor: list[float]
    memory: float
    flops: float
    device: str


def train_ours(case: Case) -> Result:
    """The package's own steps."""
    with join_ranks() as ranks:
        policy = load_policy(_model(case), ranks, seed=0)
        optimizer = make_optimizer(policy, OPTIMIZER)
        losses, clock = [], _Clock(ranks)
        for number, rows in enumerate(case.steps):
            losses.append(backward(policy, rows, ranks))
            step_optimizer(policy, optimizer, learning_rate_at(OPTIMIZER, number, len(case.steps)), OPTIMIZER.clip)
            clock.tick()
        tokens = sum(len(row.input_ids) for step in case.steps[WARM:] for row in step.rows)
        lengths = [int(size) for step in case.steps[WARM:] for row in step.rows for size in row.cu_seqlens.diff()]
        flops = flops_per_token(policy.lm) * tokens + attention_flops(policy.lm, lengths)
        return Result(losses, clock.wall, clock.processor, peak_memory_gib(ranks.device), flops, clock.device)


def train_trl(case: Case) -> Result:
    """TRL's `SFTTrainer` on the same rows: labels as it wants them, one row a micro-batch."""
    from datasets import Dataset
    from transformers import AutoConfig, AutoModelForCausalLM, TrainerCallback
    from trl import SFTConfig, SFTTrainer

    ranks = Ranks(0, 1, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    weights = load_policy(_model(case), Ranks(0, 1, torch.device("cpu")), seed=0).lm.state_dict()
    attention = "kernels-community/flash-attn2" if ranks.device.type == "cuda" else "sdpa"
    model = AutoModelForCausalLM.from_config(
        AutoConfig.from_pretrained(case.model), dtype=torch.float32, attn_implementation=attention
    )
    model.load_state_dict(weights)
    clock = _Clock(ranks)
    losses: list[float] = []

    class Record(TrainerCallback):
        def on_step_end(self, *_: Any, **__: Any) -> None:
            clock.tick()

        def on_log(self, *_: Any, logs: dict[str, float], **__: Any) -> None:
            if "loss" in logs:
                losses.append(logs["loss"])

    with tempfile.TemporaryDirectory() as folder:
        trainer = SFTTrainer(
            model=model,
            args=SFTConfig(
                output_dir=folder,
                max_steps=len(case.steps),
                per_device_train_batch_size=1,
                gradient_accumulation_steps=len(case.steps[0].rows),
                gradient_checkpointing=case.checkpointing == "full",
                torch_compile=case.compile,
                learning_rate=OPTIMIZER.learning_rate,
                lr_scheduler_type="constant",
                weight_decay=OPTIMIZER.weight_decay,
                adam_beta1=OPTIMIZER.beta1,
                adam_beta2=OPTIMIZER.beta2,
                adam_epsilon=OPTIMIZER.epsilon,
                max_grad_norm=OPTIMIZER.clip,
                bf16=case.compute == "bfloat16",
                padding_free=True,
                max_length=None,
                dataset_kwargs={"skip_prepare_dataset": True},
                train_sampling_strategy="sequential",
                logging_steps=1,
                save_strategy="no",
                report_to=[],
                disable_tqdm=True,
                use_liger_kernel=ranks.device.type == "cuda" and find_spec("liger_kernel") is not None,
                use_cpu=ranks.device.type == "cpu",
            ),
            train_dataset=Dataset.from_list([_whole(row) for step in case.steps for row in step.rows]),
            processing_class=load_tokenizer(_model(case)),
            callbacks=[Record()],
        )
        clock.restart()
        trainer.train()
    return Result(losses, clock.wall, clock.processor, peak_memory_gib(ranks.device), 0.0, clock.device)


def main() -> None:
    """Runs both sides, alternating, and prints the table and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", help="a corpus folder with `nlex` shards")
    parser.add_argument("--size", choices=["toy", *SHAPES], default="toy")
    parser.add_argument("--length", type=int, default=4096, help="tokens of a packed row (4,096)")
    parser.add_argument("--rows", type=int, default=2, help="packed rows of a step (2)")
    parser.add_argument("--steps", type=int, default=20, help="steps (20)")
    parser.add_argument("--checkpointing", choices=["none", "full"], default="none")
    parser.add_argument("--compile", action="store_true", help="torch.compile on both sides")
    args = parser.parse_args()
    source = SourceConfig(path=args.corpus)
    with tempfile.TemporaryDirectory() as folder:
        model = _make_model(Path(folder), source, args.size)
        data = DataConfig(sources=(source,), sequence_length=args.length, rows_per_step=args.rows)
        stream = Stream(data, load_tokenizer(ModelConfig(path=str(model))))
        case = Case(
            str(model),
            "bfloat16" if torch.cuda.is_available() else "float32",
            args.checkpointing,
            args.compile,
            list(islice(stream, args.steps)),
        )
        with get_context("spawn").Pool(1, maxtasksperchild=1) as pool:
            ours, theirs = pool.apply(train_ours, (case,)), pool.apply(train_trl, (case,))
    _print(args, case, ours, theirs)


def _print(args: argparse.Namespace, case: Case, ours: Result, theirs: Result) -> None:
    tokens = sum(len(row.input_ids) for step in case.steps[WARM:] for row in step.rows)
    apart = max(abs(one - other) for one, other in zip(ours.losses, theirs.losses, strict=True))
    timed = "processor" if ours.device == "processor" else "seconds"
    speeds = [tokens / sum(getattr(side, timed)[WARM:]) for side in (ours, theirs)]
    load = os.getloadavg()[0]
    print(f"{args.size}, rows of {args.length} tokens, {args.rows} a step, on {ours.device}, load {load:.1f}")
    print(f"{'':<26}{'nlex':>12}{'TRL':>12}{'ratio':>9}")
    unit = "tokens / processor second" if timed == "processor" else "tokens / second"
    print(f"{unit:<26}{speeds[0]:>12,.0f}{speeds[1]:>12,.0f}{speeds[0] / speeds[1]:>8.2f}x")
    print(f"{'peak memory, GiB':<26}{ours.memory:>12.2f}{theirs.memory:>12.2f}{ours.memory / theirs.memory:>8.2f}x")
    print(f"{'mean loss':<26}{statistics.mean(ours.losses):>12.5f}{statistics.mean(theirs.losses):>12.5f}")
    verdict = "agree" if apart < 1e-3 else "DO NOT AGREE"
    print(f"The losses of the {len(ours.losses)} steps {verdict}: at most {apart:.1e} apart.")
    peak = peak_flops(ours.device)
    mfu = ours.flops / sum(ours.seconds[WARM:]) / peak if peak else None
    print(
        json.dumps(
            {
                "size": args.size,
                "length": args.length,
                "device": ours.device,
                "ratio": speeds[0] / speeds[1],
                "tokens_per_second": speeds[0],
                "memory_ratio": ours.memory / theirs.memory,
                "loss_distance": apart,
                "mfu": mfu,
            }
        )
    )


class _Clock:
    """Seconds of each step, on the wall and on the processor."""

    def __init__(self, ranks: Ranks) -> None:
        self._device = ranks.device
        self.device = torch.cuda.get_device_name(ranks.device) if ranks.device.type == "cuda" else "processor"
        self.wall: list[float] = []
        self.processor: list[float] = []
        self.restart()

    def restart(self) -> None:
        self._last = (time.perf_counter(), time.process_time())

    def tick(self) -> None:
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        now = (time.perf_counter(), time.process_time())
        self.wall.append(now[0] - self._last[0])
        self.processor.append(now[1] - self._last[1])
        self._last = now


def _model(case: Case) -> ModelConfig:
    return ModelConfig.model_validate(
        {
            "path": case.model,
            "random_weights": True,
            "compute": case.compute,
            "activation_checkpointing": case.checkpointing,
            "compile": case.compile,
        }
    )


def _make_model(folder: Path, source: SourceConfig, size: str) -> Path:
    """A tokenizer learnt from the corpus, and the architecture of the size; vocabulary and shape are Qwen2.5's."""
    make_tiny(folder, texts_of(source), TinyConfig(vocabulary=2048, width=128, layers=4, heads=4, positions=32_768))
    if size in SHAPES:
        width, layers, heads, key_heads, inner = SHAPES[size]
        Qwen2Config(
            architectures=["Qwen2ForCausalLM"],
            vocab_size=151_936,
            hidden_size=width,
            intermediate_size=inner,
            num_hidden_layers=layers,
            num_attention_heads=heads,
            num_key_value_heads=key_heads,
            max_position_embeddings=32_768,
            tie_word_embeddings=True,
        ).save_pretrained(folder)
    return folder


def _whole(row: PackedBatch) -> dict[str, Any]:
    """A packed row as TRL takes it: each document with its last token, labels under the tokens themselves."""
    starts = row.cu_seqlens.tolist()
    ids: list[int] = []
    labels: list[int] = []
    lengths = []
    for start, end in pairwise(starts):
        targets = row.targets[start:end].tolist()
        ids += [*row.input_ids[start:end].tolist(), targets[-1]]
        labels += [NO_TARGET, *targets]
        lengths.append(end - start + 1)
    return {"input_ids": ids, "labels": labels, "seq_lengths": lengths}


if __name__ == "__main__":
    main()
