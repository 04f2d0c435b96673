"""The reference of the library: every public name stands on one page, and its docstring says what there is to say."""

from __future__ import annotations

import ast
import doctest
import logging
import re
import textwrap
from collections.abc import Iterator
from functools import cache
from importlib import import_module

import griffe
import pytest

import wepsam
from helpers import ROOT

PAGES = sorted((ROOT / "docs" / "reference" / "api").glob("*.md"))
DIRECTIVE = re.compile(r"^::: (\S+)$", re.M)
OPTIONS = {"returns_multiple_items": False}  # as in zensical.toml
COMMON = re.compile(r"wepsam\.classical\.\w+\.[a-z]")  # models, whose contract stands in the docstring of the room


@cache
def package() -> griffe.Module:
    logging.getLogger("griffe").setLevel(logging.CRITICAL)
    return griffe.load("wepsam", search_paths=[ROOT / "src"], docstring_parser="google", docstring_options=OPTIONS)


def found(path: str) -> griffe.Object:
    """What stands under a dotted name, wherever it is defined: the function of a module that has its name."""
    here = package()[path.removeprefix("wepsam.")]
    here = here.final_target if here.is_alias else here
    return here.members.get(here.name, here) if here.is_module else here


def offered(prefix: str, names: list[str]) -> Iterator[str]:
    """The dotted names that a module offers; a module among them offers what its own `__all__` lists."""
    for name in names:
        path = f"{prefix}.{name}"
        here = found(path)
        if here.is_module:
            assert here.exports, f"{path} has no __all__"
            yield from offered(path, list(here.exports))
        else:
            yield path


@cache
def public() -> dict[str, griffe.Object]:
    """All public objects by their path: what is offered, and the types of ours that it takes, returns and raises."""
    waiting = [found(path) for path in offered("wepsam", [*wepsam.HOMES, *wepsam.PACKAGES])]
    objects = {here.path: here for here in waiting}
    while waiting:
        for other in types_of(waiting.pop()):
            if other.path not in objects:
                objects[other.path] = other
                waiting.append(other)
    return objects


def types_of(here: griffe.Object) -> Iterator[griffe.Object]:
    """The types of ours that something names in its signature and among its errors."""
    for part in [here, *members(here)] if here.is_class else [here]:
        names = list(expressions(part))
        if part.is_function:
            names += [errors()[name] for name in told(part, "raises") if name in errors()]
        for name in names:
            if re.fullmatch(r"wepsam(\.[A-Za-z]\w*)+", name):
                other = found(name)
                if other.is_class or other.is_attribute:
                    yield other


def expressions(part: griffe.Object) -> Iterator[str]:
    """The full names in the types of a function or an attribute, or in what a type stands for."""
    if part.is_function:
        types = [*(parameter.annotation for parameter in part.parameters), part.returns]
    else:
        value = getattr(part, "value", None)
        alias = value if isinstance(value, griffe.ExprBinOp | griffe.ExprSubscript) else None
        types = [getattr(part, "annotation", None) or alias]
    for one in types:
        for name in one.iterate(flat=True) if isinstance(one, griffe.Expr) else ():
            if isinstance(name, griffe.ExprName):
                yield name.canonical_path


def members(here: griffe.Object) -> list[griffe.Object]:
    return [one for name, one in here.members.items() if not name.startswith("_") and not one.is_alias]


@cache
def errors() -> dict[str, str]:
    """The path of each error and warning of ours by its name."""
    found = {}
    for module in [package(), *package().modules.values()]:
        for one in [module, *module.modules.values()]:
            found |= {name: here.path for name, here in one.classes.items() if re.search("(Error|Warning)$", name)}
    return found


def told(here: griffe.Object, kind: str) -> list[str]:
    """What a docstring says under Args, Attributes or Raises: the names there; under Returns: the descriptions."""
    sections = here.docstring.parsed if here.docstring else []
    items = [item for section in sections if section.kind.value == kind for item in section.value]
    if kind == "raises":
        return [str(item.annotation) for item in items]
    return [item.description if kind in ("returns", "yields") else item.name.lstrip("*") for item in items]


def raised(function: griffe.Function) -> set[str]:
    """The errors that the lines of a function raise, without those of functions inside it."""
    waiting, names = list(ast.parse(textwrap.dedent(function.source)).body[0].body), set()  # type: ignore[attr-defined]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func).rpartition(".")[2]
            names |= {name} if name[0].isupper() else set()
        waiting += ast.iter_child_nodes(node)
    return names


def lacks(here: griffe.Object, inside: bool = False) -> list[str]:
    """What the docstring of a function, or of a class with its members, does not say."""
    if not here.docstring:
        return [f"{here.path} has no docstring"]
    if here.is_class:
        known, wrong = told(here, "attributes"), []
        for member in members(here):
            if not member.is_attribute or not (member.docstring or member.name in known):
                wrong += lacks(member, inside=True)
        start = here.members.get("__init__")
        return wrong + (lacks(start, inside=True) if start is not None and start.lineno else [])
    if not here.is_function:
        return []
    taken = [parameter.name for parameter in here.parameters if parameter.name not in ("self", "cls")]
    said = told(here, "parameters")
    if COMMON.match(here.path):
        taken = [name for name in taken if name not in ("picture", "stimulus") or name in said]
    wrong = [f"{here.path} does not describe {name}" for name in taken if name not in said]
    wrong += [f"{here.path} describes {name}, which it does not take" for name in said if name not in taken]
    # A member without parameters says in its first line what it gives.
    obvious = str(here.returns or "None") == "None" or (inside and not taken) or COMMON.match(here.path)
    if not obvious and not told(here, "returns") + told(here, "yields"):
        wrong.append(f"{here.path} does not say what it returns")
    return wrong + [f"{here.path} raises {name}, unsaid" for name in sorted(raised(here) - set(told(here, "raises")))]


def directives() -> dict[str, list[str]]:
    return {page.name: DIRECTIVE.findall(page.read_text(encoding="utf-8")) for page in PAGES}


def test_each_public_name_stands_on_one_page() -> None:
    """A new one needs a line `::: wepsam.NAME` in a page of docs/reference/api/."""
    stands = [found(path).path for paths in directives().values() for path in paths if not found(path).is_module]
    assert sorted(set(public()) - set(stands)) == []
    assert sorted(set(stands) - set(public())) == []
    assert len(stands) == len(set(stands)) > 150


@pytest.mark.parametrize("path", sorted(public()))
def test_a_public_docstring_says_what_is_taken_returned_and_raised(path: str) -> None:
    assert lacks(public()[path]) == []


def examples() -> dict[str, doctest.DocTest]:
    """The examples in the docstrings of all public functions, types and their members, by path."""
    parser, written = doctest.DocTestParser(), {}
    for here in public().values():
        for one in [here, *(members(here) if here.is_class else [])]:
            if one.docstring and ">>>" in one.docstring.value:
                names = {here.name: getattr(import_module(here.module.path), here.name)}
                written[one.path] = parser.get_doctest(
                    one.docstring.value, names, one.path, str(one.filepath), one.lineno
                )
    return written


@pytest.mark.parametrize("path", sorted(examples()))
def test_an_example_in_a_docstring_runs(path: str) -> None:
    assert doctest.DocTestRunner().run(examples()[path]).failed == 0


def test_the_most_used_functions_have_an_example() -> None:
    metrics = [
        path for path in offered("wepsam.metrics", list(package()["metrics"].exports)) if found(path).is_function
    ]
    used = [
        *("load", "models", "attend", "compare_pictures", "crop", "overlay", "looks_like", "read_image"),
        *("classical.gbvs", "classical.center_gaussian", "datasets.find_fixations", "drawing.draw"),
        *("images.resize", "images.image_size", "maps.fixation_map", "maps.density", "maps.enlarge", "maps.to_density"),
        *("maps.to_unit", "maps.to_log_density", "contact_sheet"),
    ]
    objects = [found(path) for path in [*metrics, *(f"wepsam.{name}" for name in used)]]
    assert {here.path for here in objects if here.is_function} <= set(examples())
