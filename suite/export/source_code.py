"""Functions and members of classes as source code that runs elsewhere: copied from where they were written, with all that they name."""

from __future__ import annotations
import __future__

import ast
import dis
import importlib
import inspect
import re
import sys
import textwrap
from collections.abc import Iterable, Iterator
from functools import cache
from types import CodeType, FunctionType, ModuleType
from typing import Any

from unvanish.suite import plugins

PROJECT = "unvanish"
Definition = ast.FunctionDef | ast.ClassDef


class NotCopyable(Exception):
    """A definition that cannot be copied; the message says which, and why."""


class Definitions:
    """Copies of definitions, of which each comes after those that it names.

    A function of this project or of the package of a copied class is copied; what is of another package is imported.
    """

    def __init__(self) -> None:
        self.imports: list[str] = []
        self.code: list[str] = []
        self.values: dict[str, Any] = {}  # by name, what was copied or imported so far
        self.packages = {PROJECT}

    def copy_class(self, owner: type, instance: Any, members: Iterable[str], *further: str) -> None:
        """Copy a class without its bases: its docstring, these members and those that they use of `self`, then further lines.

        `instance` is the object whose members these are, or the class itself. Raises `NotCopyable`.
        """
        self.packages.add(package_of(owner.__module__))
        self.register(owner.__name__, owner)
        blocks = [docstring(owner.__doc__)] if owner.__doc__ else []
        blocks += [*further, *self.members(instance, members)]
        body = "\n\n".join(textwrap.indent(block.strip("\n"), "    ") for block in blocks)
        self.code.append(f"class {owner.__name__}:\n{body}")

    def members(self, instance: Any, names: Iterable[str]) -> list[str]:
        """Return the definitions of members of an object, and of those that they use of `self`."""
        constants, functions = dict[str, str](), dict[str, str]()
        pending = list(names)
        while pending:
            name = pending.pop(0)
            if name in constants or name in functions:
                continue
            try:
                member = inspect.getattr_static(instance, name)
            except AttributeError:
                raise NotCopyable(f"there is no member {name!r}") from None
            function = function_of(member)
            if function is not None:
                static = isinstance(member, staticmethod)
                functions[name] = self.function(function, name, static)
                pending += [] if static else used_of_self(function)
            elif is_literal(member):
                constants[name] = f"{name} = {member!r}"
            else:
                raise NotCopyable(f"the member {name} is neither a function nor a plain value")
        return [*constants.values(), *functions.values()]

    def function(self, function: FunctionType, name: str, static: bool = False) -> str:
        """Return the definition of a function under a name, and copy what it names."""
        if function.__code__.co_freevars:
            raise NotCopyable(f"{function.__qualname__} uses {function.__code__.co_freevars[0]} of where it is defined")
        node = definition_of(function)
        text = re.sub(rf"^def {node.name}\b", f"def {name}", self.text(node, function.__module__), count=1, flags=re.MULTILINE)
        decorated = any(isinstance(decorator, ast.Name) and decorator.id == "staticmethod" for decorator in node.decorator_list)
        return f"@staticmethod\n{text}" if static and not decorated else text

    def text(self, node: Definition, module: str) -> str:
        """Return the source of a definition in a module, and copy what it names of that."""
        names = vars(sys.modules[module])
        for used in sorted(set(global_names(compiled(node)))):
            if used in names:
                self.add(used, names[used])
        return textwrap.dedent("\n".join(source_of_module(module).split("\n")[first_line(node) - 1 : node.end_lineno]))

    def add(self, name: str, value: Any) -> None:
        """Define a name that a copied function uses, unless it is defined already."""
        if not self.register(name, value):
            return
        if isinstance(value, ModuleType):
            self.imports.append(import_of_module(name, value))
        elif is_literal(value):
            self.code.append(f"{name} = {value!r}")
        elif isinstance(value, FunctionType) and self.is_copied(value.__module__):
            self.code.append(self.function(value, name))
        elif isinstance(value, type) and self.is_copied(value.__module__):
            self.code.append(self.text(definition_of_class(value), value.__module__))
        else:
            self.imports.append(import_of_object(name, value))

    def register(self, name: str, value: Any) -> bool:
        """Return whether a name is new; raises `NotCopyable` where it stands for something else already."""
        if name not in self.values:
            self.values[name] = value
            return True
        known = self.values[name]
        if known is not value and not (is_literal(value) and known == value):
            raise NotCopyable(f"{name} stands for two different things")
        return False

    def is_copied(self, module: str) -> bool:
        """Return whether what a module defines is copied."""
        return package_of(module) in self.packages or module in plugins.LOADED


def package_of(module: str) -> str:
    """Return the first part of a module's name."""
    return module.partition(".")[0]


def function_of(member: Any) -> FunctionType | None:
    """Return the function behind a method, a static method or a property; None of anything else."""
    function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
    return function if isinstance(function, FunctionType) else None


def definition_of(function: FunctionType) -> ast.FunctionDef:
    """Return a function's definition in the source of its module."""
    for node in ast.walk(parsed(function.__module__)):
        if isinstance(node, ast.FunctionDef) and (node.name, first_line(node)) == (function.__name__, function.__code__.co_firstlineno):
            return node
    raise NotCopyable(f"{function.__qualname__} is not written with def in {function.__module__}")


def first_line(node: Definition) -> int:
    """Return the number of the line at which a definition begins, with its decorators."""
    return min(part.lineno for part in (node, *node.decorator_list))


def definition_of_class(defined: type) -> ast.ClassDef:
    """Return a class' definition in the source of its module; raises `NotCopyable` for one that is derived from a class of this project."""
    if any(package_of(base.__module__) == PROJECT for base in defined.__mro__):
        raise NotCopyable(f"it uses the class {defined.__name__}, which is derived from one of {PROJECT}")
    for node in parsed(defined.__module__).body:
        if isinstance(node, ast.ClassDef) and node.name == defined.__name__:
            return node
    raise NotCopyable(f"{defined.__qualname__} is not written with class in {defined.__module__}")


@cache
def source_of_module(module: str) -> str:
    """Return the source of a module; a plug-in's is the one that was loaded, whatever its file is now."""
    try:
        return plugins.LOADED[module].source if module in plugins.LOADED else inspect.getsource(sys.modules[module])
    except (OSError, TypeError, KeyError):
        raise NotCopyable(f"the source of {module} is not there") from None


@cache
def parsed(module: str) -> ast.Module:
    """Return the syntax tree of a module."""
    return ast.parse(source_of_module(module))


def compiled(node: Definition) -> CodeType:
    """Return a definition as a module of its own, whose annotations are not evaluated."""
    module = ast.Module([node], type_ignores=[])
    code = compile(module, "definition", "exec", flags=__future__.annotations.compiler_flag, dont_inherit=True)
    assert isinstance(code, CodeType)
    return code


def global_names(code: CodeType) -> Iterator[str]:
    """Yield the names that some code, and what is defined in it, looks up outside of functions."""
    for instruction in dis.get_instructions(code):
        if instruction.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            yield instruction.argval
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from global_names(constant)


def used_of_self(function: FunctionType) -> list[str]:
    """Return the names of the members that a method uses of its first argument."""
    node = definition_of(function)
    if not node.args.args:
        return []
    first = node.args.args[0].arg
    return [part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute) and isinstance(part.value, ast.Name) and part.value.id == first]


def is_literal(value: Any) -> bool:
    """Return whether a value is written as it is printed: numbers, texts, and tuples, lists and dictionaries of these."""
    try:
        return bool(ast.literal_eval(repr(value)) == value)
    except (ValueError, SyntaxError):
        return False


def import_of_module(name: str, module: ModuleType) -> str:
    """Return the line that imports a module under a name."""
    if package_of(module.__name__) == PROJECT or module.__name__ in plugins.LOADED:
        raise NotCopyable(f"{name} is the module {module.__name__}")
    try:
        same = importlib.import_module(module.__name__) is module
    except ImportError:
        same = False
    if not same:
        raise NotCopyable(f"{name} is a module that cannot be imported by its name {module.__name__}")
    return f"import {module.__name__}" if name == module.__name__ else f"import {module.__name__} as {name}"


def import_of_object(name: str, value: Any) -> str:
    """Return the line that imports an object of another package under a name."""
    module, own_name = str(getattr(value, "__module__", "")), str(getattr(value, "__name__", ""))
    importable = package_of(module) != PROJECT and module not in plugins.LOADED
    if not importable or getattr(sys.modules.get(module), own_name, None) is not value:
        raise NotCopyable(f"{name} is neither a function, a class nor a plain value")
    return f"from {module} import {own_name}" + ("" if name == own_name else f" as {name}")


def docstring(text: str) -> str:
    """Return the text as a docstring that is not indented."""
    return '"""' + inspect.cleandoc(text).replace("\\", "\\\\").replace('"', "'") + '"""'


def imports_of_project(source: str) -> bool:
    """Return whether some code imports this project, anywhere in it."""
    for node in ast.walk(ast.parse(source)):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        if any(package_of(name) == PROJECT or name in plugins.LOADED for name in names):
            return True
    return False
