"""The dataset card: what people and the Hub read of a corpus before they load it."""

from pipelines.card.make import make_card

__all__ = ["make_card"]
