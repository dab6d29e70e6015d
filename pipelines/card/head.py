"""The head of a card: YAML that tells the Hub and `datasets` the configs, features, sizes, licences and tags."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import yaml

from pipelines.merge import Shard
from schemas.columns import features_json
from schemas.configs import CONFIGS

# The identifiers of the Hub that texts in rows match exactly, but for case; every other licence is `other` to it.
_HUB_LICENSES = frozenset(
    """afl-3.0 apache-2.0 artistic-2.0 bsl-1.0 bsd bsd-2-clause bsd-3-clause cc cc0-1.0 cc-by-2.0 cc-by-2.5 cc-by-3.0
    cc-by-4.0 cc-by-sa-3.0 cc-by-sa-4.0 cc-by-nc-4.0 cc-by-nc-sa-4.0 cc-by-nc-nd-4.0 epl-2.0 gpl-2.0 gpl-3.0 isc
    lgpl-2.1 lgpl-3.0 agpl-3.0 mit mpl-2.0 odbl pddl unlicense wtfpl zlib""".split()  # noqa: SIM905, one a line is long
)
_SIZES = (
    (1_000, "n<1K"),
    (10_000, "1K<n<10K"),
    (100_000, "10K<n<100K"),
    (1_000_000, "100K<n<1M"),
    (10_000_000, "1M<n<10M"),
    (100_000_000, "10M<n<100M"),
)


def hub_licenses(licenses: Iterable[str]) -> list[str]:
    """The Hub's identifiers of licences that are told in people's words."""
    known = {text.lower() if text.lower() in _HUB_LICENSES else "other" for text in licenses}
    return sorted(known - {"other"}) + ["other"] * ("other" in known)


def size_category(rows: int) -> str:
    """The Hub's word for a number of rows."""
    return next((word for bound, word in _SIZES if rows < bound), "100M<n<1B")


def _feature(name: str, feature: Any) -> dict[str, Any]:
    """A feature as cards have it, in the form that `datasets` reads from version 3 on."""
    if isinstance(feature, list):
        inner = feature[0]
        plain = inner["dtype"] if "_type" in inner else [_feature(key, value) for key, value in inner.items()]
        return {"name": name, "list": plain}
    if "_type" in feature:
        return {"name": name, "dtype": feature["dtype"]}
    return {"name": name, "struct": [_feature(key, value) for key, value in feature.items()]}


def _info(config: str, splits: Mapping[str, Sequence[Shard]]) -> dict[str, Any]:
    """What `datasets` wants to know of a config before it reads a file."""
    record: Any = CONFIGS[config]
    return {
        "config_name": config,
        "features": [_feature(name, feature) for name, feature in features_json(record).items()],
        "splits": [
            {
                "name": split,
                "num_bytes": sum(shard.memory_bytes for shard in shards),
                "num_examples": sum(shard.rows for shard in shards),
            }
            for split, shards in splits.items()
        ],
        "download_size": sum(shard.bytes for shards in splits.values() for shard in shards),
        "dataset_size": sum(shard.memory_bytes for shards in splits.values() for shard in shards),
    }


def card_head(
    files: Mapping[str, Mapping[str, Sequence[Shard]]], licenses: Iterable[str], styles: Sequence[str]
) -> str:
    """The head, without the lines of dashes around it; `files` are the shards by config and split."""
    first = "nlex" if "nlex" in files else next(iter(files), "")
    head: dict[str, Any] = {
        "pretty_name": "Natural-language execution traces",
        "annotations_creators": ["machine-generated"],
        "language": ["en", "code"],
        "license": hub_licenses(licenses) or ["unknown"],
        "task_categories": ["text-generation"],
        "size_categories": [
            size_category(sum(shard.rows for shards in files.get(first, {}).values() for shard in shards))
        ],
        "tags": [
            "code",
            "python",
            "execution-traces",
            "reasoning",
            "synthetic",
            "nlex",
            *(f"style:{s}" for s in styles),
        ],
        "configs": [
            {"config_name": config}
            | ({"default": True} if config == first else {})
            | {"data_files": [{"split": split, "path": f"{config}/{split}-*.parquet"} for split in splits]}
            for config, splits in files.items()
        ],
        "dataset_info": [_info(config, splits) for config, splits in files.items()],
    }
    return str(yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=120))
