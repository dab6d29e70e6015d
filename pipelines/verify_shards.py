"""Checks the files of a corpus against its manifest and the schemas, before any row is read for its meaning."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.finding import Finding
from pipelines.identity import sha256_of
from pipelines.manifest import CARD
from pipelines.parts import config_schema
from schemas.configs import CONFIGS


def _shard_findings(corpus: Path, listed: dict[str, Any]) -> Iterator[Finding]:
    name, config = listed["path"], listed["config"]
    path = corpus / name
    if not path.is_file():
        yield Finding(config, name, "", "", "the manifest lists this file, and it is not there")
        return
    if sha256_of(path) != listed["sha256"]:
        yield Finding(config, name, "", "", "the file's SHA-256 is not the manifest's: it was changed after the build")
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        yield Finding(config, name, "", "", f"not a Parquet file: {error}")
        return
    if file.metadata.num_rows != listed["rows"]:
        yield Finding(config, name, "", "", f"{file.metadata.num_rows} rows, the manifest counts {listed['rows']}")
    schema, wanted = file.schema_arrow, config_schema(config)
    if not schema.equals(wanted) or (schema.metadata or {}).get(b"huggingface") != wanted.metadata[b"huggingface"]:
        yield Finding(config, name, "", "", "the columns or the embedded features are not those of this config")


def file_findings(corpus: Path, manifest: dict[str, Any]) -> list[Finding]:
    """What is wrong with the files: missing, unlisted, changed, miscounted, or of another schema."""
    findings: list[Finding] = []
    rows: Counter[tuple[str, str]] = Counter()
    for listed in manifest["files"]:
        findings += _shard_findings(corpus, listed)
        rows[listed["config"], listed["split"]] += listed["rows"]
    known = {listed["path"] for listed in manifest["files"]}
    for config in CONFIGS:
        for path in sorted((corpus / config).glob("*")):
            if f"{config}/{path.name}" not in known:
                findings.append(
                    Finding(config, f"{config}/{path.name}", "", "", "the manifest does not list this file")
                )
        for split, number in manifest["counts"].get(config, {}).items():
            if rows[config, split] != number:
                message = f"the manifest counts {number} rows in {split}, its files have {rows[config, split]}"
                findings.append(Finding(config, "manifest.json", "", "", message))
    if not (corpus / CARD).is_file() or sha256_of(corpus / CARD) != manifest.get("card_sha256"):
        findings.append(Finding("", CARD, "", "", "the card is missing or was changed after the build"))
    return findings
