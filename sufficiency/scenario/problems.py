"""What is wrong with a scenario, in sentences: file, line, key, found, expected, what to do."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from difflib import get_close_matches
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from sufficiency.scenario.model import Scenario
from sufficiency.scenario.written import Written

Path = tuple[str | int, ...]
MOST_SHOWN = 20
LONGEST_FOUND = 60
LEAST_PART = 4
"""Letters of a word that is taken for a part of the key that was meant, as foster for fostering."""


def explain(wrong: ValidationError, written: Written) -> str:
    """Every problem of a scenario as one message, a line each, in the order of the lines.

    ``written`` is the merged file, so that each problem is placed in the file and on the line
    where the offending key was written.
    """
    errors = wrong.errors(include_url=False)
    found = {_problem(error, written) for error in errors if not _follows(error, errors)}
    lines = [message for _, _, message in sorted(found)]
    if len(lines) == 1:
        return lines[0]
    more = len(lines) - MOST_SHOWN
    shown = lines[:MOST_SHOWN] + ([f"... and {more} more"] if more > 0 else [])
    return "\n".join([f"{len(lines)} things to put right:", *(f"  {line}" for line in shown)])


def explain_without_file(wrong: ValidationError) -> str:
    """The same for values that came from no file: key, found, expected."""
    return explain(wrong, Written({}, "", 0))


def _follows(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether a list seems too short only because what stands in it is wrong."""
    depth = len(error["loc"])
    return error["type"] == "too_short" and any(
        len(other["loc"]) > depth and other["loc"][:depth] == error["loc"] for other in errors
    )


def _problem(error: ErrorDetails, written: Written) -> tuple[str, int, str]:
    """File, line and message of one error."""
    # In brackets: a key itself is wrong, or which of several forms a value has.
    path = tuple(step for step in error["loc"] if not str(step).startswith("["))
    context = error.get("ctx", {})
    if error["type"] == "contradiction":
        path += tuple(context.get("at", ()))
    here, reached = written.at(path)
    shown = _dotted(_path_to_show(error, path, reached, here))
    where = f"{here.file}, line {here.line}, {shown}" if here.file else shown
    meant = _name_meant(path, written) if error["type"] == "missing" else ""
    return here.file, here.line, f"{where}: {_sentence(error, path)}{meant}"


def _name_meant(path: Path, written: Written) -> str:
    """Of an item of a list that lacks a key: another that its name, misspelt, may have meant."""
    if len(path) < 2 or not isinstance(path[-2], int):
        return ""
    listed, reached = written.at(path[:-2])
    if reached != path[:-2] or not isinstance(listed.value, list):
        return ""
    names = [str(item.at(("name",))[0].value) for item in listed.value]
    own = names.pop(path[-2])
    near = get_close_matches(own, names, n=1)
    return f' Or is "{near[0]}" meant, which is listed already?' if near else ""


def _path_to_show(error: ErrorDetails, path: Path, reached: Path, here: Written) -> Path:
    """The key as the user wrote it; a missing one with its own name."""
    if error["type"] in ("missing", "contradiction"):
        return path
    return reached or path


def _sentence(error: ErrorDetails, path: Path) -> str:
    kind, context = error["type"], error.get("ctx", {})
    found = f"found {_found(error['input'])}"
    if error["loc"][-1:] == ("[key]",) and kind in ("enum", "literal_error"):
        return f"unknown key.{_suggestion(str(path[-1]), _quoted(context), 'Expected one of')}"
    match kind:
        case "contradiction":
            return _ended(str(context["message"]))
        case "expected":
            return f"{found}, {error['msg']}."
        case "extra_forbidden":
            known, above = _keys_at(path[:-1]), _keys_above(path)
            if above:
                return f"unknown key here. Write it under {' or '.join(above)}."
            return f"unknown key.{_suggestion(str(path[-1]), known, 'The keys here are')}"
        case "missing":
            return f"missing; expected {_what(path)}. Add the key."
        case "enum" | "literal_error":
            known = _quoted(context)
            near = get_close_matches(str(error["input"]), known, n=1)
            hint = f' Did you mean "{near[0]}"?' if near else ""
            return f"{found}, expected one of {', '.join(known)}.{hint}"
        case "model_type" | "dict_type" | "model_attributes_type":
            return f"{found}, expected keys and values indented below it."
        case "list_type" | "tuple_type":
            return f"{found}, expected a list such as [a, b], or lines that begin with a dash."
        case "too_short":
            return "found an empty list, expected at least one item."
        case _:
            return f"{found}: {_ended(error['msg'])}"


def _suggestion(word: str, known: list[str], lead: str) -> str:
    part_of = [name for name in known if len(word) >= LEAST_PART and word in name]
    near = part_of or get_close_matches(word, known, n=1, cutoff=0.6)
    if near:
        return f' Did you mean "{near[0]}"?'
    return f" {lead}: {', '.join(known)}." if known else " No key is possible here."


def _quoted(context: Mapping[str, Any]) -> list[str]:
    """The words in pydantic's "'a', 'b' or 'c'"."""
    return re.findall(r"'([^']+)'", str(context.get("expected", "")))


def _found(value: object) -> str:
    match value:
        case None:
            return "nothing"
        case bool():
            return "true" if value else "false"
        case date():
            return value.isoformat()
        case Mapping() | BaseModel():
            return "keys and values"
        case list() | tuple():
            return "a list"
        case str():
            text = value if len(value) <= LONGEST_FOUND else value[:LONGEST_FOUND] + "..."
            return f'"{text}"'
        case _:
            return f"{value}"


def _dotted(path: Path) -> str:
    """``interventions[1].factor``; items are counted from 1, as people do."""
    text = ""
    for step in path:
        text += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if text else step
    return text or "the file"


def _ended(sentence: str) -> str:
    return sentence if sentence.endswith((".", "?", "!")) else f"{sentence}."


def _what(path: Path) -> str:
    """The description of a key, its first sentence, beginning small."""
    model = _model_at(path[:-1])
    fields = model.model_fields.items() if model else ()
    field = next((field for name, field in fields if (field.alias or name) == path[-1]), None)
    text = (field.description if field else None) or "a value"
    first = re.split(r"[.;:] ?", text, maxsplit=1)[0]
    return first[:1].lower() + first[1:]


def _keys_at(path: Path) -> list[str]:
    model = _model_at(path)
    if model is None:
        return []
    return [field.alias or name for name, field in model.model_fields.items()]


def _keys_above(path: Path) -> list[str]:
    """The keys beside an unknown one under which it would be known."""
    beside = _keys_at(path[:-1])
    return [key for key in beside if path[-1] in _keys_at((*path[:-1], key))]


def _model_at(path: Path) -> type[BaseModel] | None:
    """The model that a path into a scenario leads to."""
    here: Any = Scenario
    for step in path:
        if _is_model(here):
            fields = {field.alias or name: field for name, field in here.model_fields.items()}
            if step not in fields:
                return None
            here = fields[str(step)].annotation
        else:
            inside = get_args(here)
            here = inside[-1 if get_origin(here) is dict else 0] if inside else None
        options = get_args(here) if get_origin(here) in (UnionType, Union) else (here,)
        here = next((option for option in options if _is_model(option)), options[0])
    return here if _is_model(here) else None


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)
