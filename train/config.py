"""Typed configuration: YAML files and `key=value` overrides into frozen records; errors name the nearest key."""

import difflib
import types
import typing
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

_RECIPES = Path(__file__).parent / "recipes"


class ConfigError(ValueError):
    """A configuration that cannot be used; the message names the file, the key and what to do."""


class Section(BaseModel):
    """A record of settings. The text under a field is its help; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True, protected_namespaces=())


Config = TypeVar("Config", bound=Section)


def recipe_names() -> list[str]:
    """The names of the bundled recipes, which stand wherever a configuration file is asked for."""
    return sorted(path.stem for path in _RECIPES.glob("*.yaml"))


def read_config(kind: type[Config], file: str | Path, overrides: Sequence[str] = ()) -> Config:
    """Reads a YAML file, or a bundled recipe by its name, and lays `a.b=value` overrides over it.

    Raises:
        ConfigError: no such file, no YAML, an unknown key, or a value that does not fit.
    """
    path = Path(file)
    if not path.exists() and str(file) in recipe_names():
        path = _RECIPES / f"{file}.yaml"
    try:
        tree = yaml.safe_load(path.read_text())
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such file, and no recipe: {', '.join(recipe_names())}") from None
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{path}: not a readable YAML file: {error}") from None
    if tree is None:
        tree = {}
    if not isinstance(tree, dict):
        raise ConfigError(f"{path}: a mapping of settings is expected, not a {type(tree).__name__}")
    for override in overrides:
        _override(tree, override)
    return make_config(kind, tree, str(path))


def make_config(kind: type[Config], tree: Mapping[str, Any], origin: str) -> Config:
    """Checks a tree of plain values against `kind`; `origin` names it in errors.

    Raises:
        ConfigError: as in `read_config`; every fault is listed.
    """
    try:
        return kind.model_validate(dict(tree))
    except ValidationError as error:
        faults = [_fault(kind, fault["type"], fault["loc"], fault["msg"]) for fault in error.errors()]
        raise ConfigError("\n".join(f"{origin}: {fault}" for fault in faults)) from None


def write_config(config: Section, path: Path) -> None:
    """Writes every setting, defaults too, as YAML that `read_config` reads back."""
    path.write_text(yaml.safe_dump(config.model_dump(mode="json"), sort_keys=False, allow_unicode=True))


def describe(kind: type[Section], prefix: str = "") -> Iterator[str]:
    """One line a setting: its key, default and help; sections inside follow their key."""
    for name, field in kind.model_fields.items():
        default = "required" if field.is_required() else repr(field.get_default(call_default_factory=True))
        inner = _section_of(field.annotation)
        help_text = " ".join((field.description or "").split())
        if inner is None:
            yield f"{prefix}{name} ({default}): {help_text}"
        else:
            many = typing.get_origin(field.annotation) is tuple
            yield f"{prefix}{name}: {help_text}"
            yield from describe(inner, f"{prefix}{name}.{'N.' if many else ''}")


def _override(tree: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key:
        raise ConfigError(f"{override!r} is no override; write key=value, such as optimizer.learning_rate=1e-5")
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{override!r}: the value is not YAML: {error}") from None
    node: Any = tree
    *path, last = key.split(".")
    for step in path:
        try:
            node = node[int(step)] if isinstance(node, list) else node.setdefault(step, {})
        except (IndexError, ValueError, AttributeError):
            raise ConfigError(f"{override!r}: there is no {step!r} to go into") from None
        if node is None:
            raise ConfigError(f"{override!r}: {step!r} is empty; set it as a whole, {step}={{...}}")
    try:
        node[int(last) if isinstance(node, list) else last] = value
    except (IndexError, ValueError, TypeError):
        raise ConfigError(f"{override!r}: there is no {last!r} to set") from None


def _section_of(annotation: Any) -> type[Section] | None:
    """The section inside `Section`, `Section | None` or `tuple[Section, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    if typing.get_origin(annotation) in (tuple, typing.Union, types.UnionType):
        return next(filter(None, map(_section_of, typing.get_args(annotation))), None)
    return None


def _fault(kind: type[Section], fault: str, where: Sequence[str | int], message: str) -> str:
    key = ".".join(map(str, where))
    if fault != "extra_forbidden":
        return f"{key}: {message}"
    section: type[Section] | None = kind
    for step in where[:-1]:
        if isinstance(step, str) and section is not None and step in section.model_fields:
            section = _section_of(section.model_fields[step].annotation)
    known = list(section.model_fields) if section is not None else []
    nearest = difflib.get_close_matches(str(where[-1]), known, n=1, cutoff=0.0)
    return f"unknown key {key!r}; did you mean {nearest[0]!r}? Known here: {', '.join(sorted(known))}"
