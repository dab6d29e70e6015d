"""The report on a corpus: figures from its shards, drawn and told on one self-contained HTML page."""
