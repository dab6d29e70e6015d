"""From shards to a model: fine-tuning on prose, environments with verifiable rewards, evaluation."""
