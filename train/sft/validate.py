"""Held-out documents during fine-tuning: their loss, and answers for people to read."""

from itertools import islice
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from train.config import ConfigError
from train.data.config import DataConfig
from train.data.conversation import Conversation, prompt_ids, read_conversation
from train.data.shards import Shards
from train.data.stream import Stream
from train.model.policy import Policy, generating
from train.model.ranks import Ranks
from train.sft.config import SftConfig
from train.watch.transcripts import Transcript, write_transcripts


class Validation:
    """The same held-out rows at each look, so that one look can be compared with the next."""

    def __init__(self, config: SftConfig, tokenizer: PreTrainedTokenizerBase, ranks: Ranks) -> None:
        if config.validation is None:
            raise ConfigError("validation: nothing is set to validate on")
        settings = config.validation
        self.every = settings.every
        self._answer_tokens = settings.answer_tokens
        self._tokenizer = tokenizer
        self._ranks = ranks
        data = DataConfig(
            sources=(settings.source,),
            sequence_length=config.data.sequence_length,
            rows_per_step=1,
            window_rows=settings.rows,
            max_epochs=1,
        )
        self._rows = [step.rows[0] for step in islice(Stream(data, tokenizer), settings.rows)]
        self._asked: list[tuple[str, Conversation]] = [
            (name, read_conversation(row, settings.source, name))
            for name, row in islice(Shards(settings.source, 0).rows(0), settings.transcripts)
        ]

    def look(self, policy: Policy, output: Path, step: int) -> dict[str, float]:
        """Returns the held-out loss and writes transcripts; every rank takes part, each over all rows."""
        training = policy.training
        policy.eval()
        with torch.no_grad():
            total = sum(-float(policy(row.to(self._ranks.device)).logprobs.sum()) for row in self._rows)
        policy.train(training)
        loss = total / sum(row.target_count for row in self._rows)
        # Generation runs layer by layer outside the policy's forward pass, which is where sharded weights are gathered.
        if self._asked and self._ranks.world == 1:
            write_transcripts(output, step, [self._answer(policy, name, turns) for name, turns in self._asked])
        return {"validation_loss": loss}

    def _answer(self, policy: Policy, name: str, turns: Conversation) -> Transcript:
        place = next(index for index, turn in enumerate(turns) if turn["role"] == "assistant")
        asked = torch.tensor([prompt_ids(self._tokenizer, turns[:place])], device=self._ranks.device)
        with generating(policy) as lm:
            said = lm.generate(
                asked,
                attention_mask=torch.ones_like(asked),
                do_sample=False,
                max_new_tokens=self._answer_tokens,
                eos_token_id=self._tokenizer.eos_token_id,
                pad_token_id=self._tokenizer.pad_token_id,
            )[0, asked.shape[1] :]
        text = self._tokenizer.decode(said, skip_special_tokens=True)
        shown = [(turn["role"], turn["content"]) for turn in turns[:place]]
        return Transcript(
            name,
            [*shown, ("assistant", text), ("expected", turns[place]["content"])],
            {"tokens": len(said), "ended": bool(said[-1] == self._tokenizer.eos_token_id)},
        )
