"""Checks that a user declares: expressions of their own small language, and functions of a file.

An expression has numbers, texts, ``and or not``, comparisons, ``+ - * / // %``, ``abs min max
round`` and the functions of ``StormView``. It is read by ``ast`` and computed here: nothing of it
is ever executed as Python.
"""

import ast
import operator
import runpy
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, Final, Protocol

from ...errors import PapertapeError, SettingsError
from .view import FUNCTIONS, StormView

MOST_TEXT: Final = 1000
BUILT_IN: Final[dict[str, Callable[..., Any]]] = {
    "abs": abs,
    "min": min,
    "max": max,
    "round": round,
}
_SUMS: Final[dict[type[ast.operator], Callable[[Any, Any], Any]]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul,
    ast.Div: operator.truediv, ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip
_COMPARED: Final[dict[type[ast.cmpop], Callable[[Any, Any], bool]]] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Lt: operator.lt, ast.LtE: operator.le,
    ast.Gt: operator.gt, ast.GtE: operator.ge,
}  # fmt: skip
LEGAL: Final = (
    f"numbers, texts in quotes, and, or, not, comparisons, + - * / // %, {', '.join(BUILT_IN)}, "
    f"{', '.join(f'{name}()' for name in FUNCTIONS)}"
)


class StormCheck(Protocol):
    """Something that must hold at every fact, and at the end."""

    name: str

    def wrong(self, view: StormView) -> str:
        """What is wrong; "" when it holds."""


class CheckExpression:
    """``abs(position('SPY')) <= 100``."""

    def __init__(self, text: str) -> None:
        """Read it. Raises ``SettingsError`` with the column of what is wrong."""
        self.name = text
        if len(text) > MOST_TEXT:
            raise self._unfit(1, f"has {len(text)} characters, and may have {MOST_TEXT}")
        try:
            tree = ast.parse(text.strip(), mode="eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            column = getattr(error, "offset", 1) or 1
            reason = getattr(error, "msg", str(error))
            raise self._unfit(column, f"cannot be read: {reason}") from error
        self._body = tree.body
        self._read(self._body, 0)

    def _unfit(self, column: int, reason: str) -> SettingsError:
        return SettingsError(
            f"column {column}: {reason}", setting="check", found=self.name, advice=f"legal: {LEGAL}"
        )

    def _read(self, node: ast.expr, depth: int) -> None:
        """Refuse what is none of the language."""
        column = node.col_offset + 1
        if depth > 50:
            raise self._unfit(column, "is nested more than 50 deep")
        inner: list[ast.expr] = []
        match node:
            case ast.Constant(value=value) if isinstance(value, int | float | str):
                pass
            case ast.BoolOp(values=values):
                inner = values
            case ast.UnaryOp(op=ast.Not() | ast.USub() | ast.UAdd(), operand=operand):
                inner = [operand]
            case ast.BinOp(left=left, op=op, right=right) if type(op) in _SUMS:
                inner = [left, right]
            case ast.Compare(left=left, ops=ops, comparators=others) if all(
                type(op) in _COMPARED for op in ops
            ):
                inner = [left, *others]
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                if name not in BUILT_IN and name not in FUNCTIONS:
                    raise self._unfit(column, f"{name!r} is no function")
                inner = [*args, *(one.value for one in keywords)]
                if any(one.arg is None for one in keywords):
                    raise self._unfit(column, "** is none of the language")
            case ast.Name(id=name):
                raise self._unfit(
                    column,
                    f"{name!r} is no value; a text stands in quotes, a function has brackets",
                )
            case _:
                raise self._unfit(column, f"{ast.unparse(node)!r} is none of the language")
        for one in inner:
            self._read(one, depth + 1)

    def wrong(self, view: StormView) -> str:
        """What the parts of it are where it does not hold. Raises ``SettingsError`` with the column
        where it cannot be computed."""
        if self._of(self._body, view):
            return ""
        parts = {
            ast.unparse(node): self._of(node, view)
            for node in ast.walk(self._body)
            if isinstance(node, ast.Call)
            and isinstance(node.func, ast.Name)
            and node.func.id in FUNCTIONS
        }
        return ", ".join(f"{text} = {_shown(value)}" for text, value in parts.items()) or "false"

    def _of(self, node: ast.expr, view: StormView) -> Any:
        try:
            return self._computed(node, view)
        except SettingsError:
            raise
        except (ArithmeticError, TypeError, ValueError, PapertapeError) as error:
            raise self._unfit(node.col_offset + 1, f"cannot be computed: {error}") from error

    def _computed(self, node: ast.expr, view: StormView) -> Any:
        match node:
            case ast.Constant(value=value):
                return value if isinstance(value, str | bool) else Decimal(str(value))
            case ast.BoolOp(op=op, values=values):
                found: Any = None
                for one in values:
                    found = self._of(one, view)
                    if bool(found) is isinstance(op, ast.Or):
                        break
                return found
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return not self._of(operand, view)
            case ast.UnaryOp(op=op, operand=operand):
                signed = _number(self._of(operand, view))
                return -signed if isinstance(op, ast.USub) else signed
            case ast.BinOp(left=left, op=op, right=right):
                first, second = _number(self._of(left, view)), _number(self._of(right, view))
                return _SUMS[type(op)](first, second)
            case ast.Compare(left=left, ops=ops, comparators=others):
                before = self._of(left, view)
                for compared, other in zip(ops, others):
                    following = self._of(other, view)
                    if not _COMPARED[type(compared)](before, following):
                        return False
                    before = following
                return True
            case ast.Call(func=ast.Name(id=name), args=args, keywords=keywords):
                given = [self._of(one, view) for one in args]
                named = {str(one.arg): self._of(one.value, view) for one in keywords}
                return (BUILT_IN.get(name) or getattr(view, name))(*given, **named)
        raise AssertionError("was refused when it was read")


def _number(value: Any) -> Decimal:
    if isinstance(value, Decimal | bool):
        return Decimal(value)
    raise TypeError(f"{value!r} is no number")


def _shown(value: Any) -> str:
    return f"{value:f}" if isinstance(value, Decimal) else repr(value)


class CheckFunction:
    """A function of a file: it returns False, or raises ``AssertionError``, where it does not
    hold."""

    def __init__(self, name: str, function: Callable[[StormView], object]) -> None:
        self.name = name
        self._function = function

    def wrong(self, view: StormView) -> str:
        """What it raised, or that it returned False. Raises ``SettingsError`` for any other
        exception: then the check itself is wrong."""
        try:
            found = self._function(view)
        except AssertionError as error:
            return str(error) or "an assertion does not hold"
        except Exception as error:  # a user's own code
            raise SettingsError(
                f"raised {type(error).__name__}: {error}", setting="check", found=self.name
            ) from error
        return "it returned False" if found is False else ""


def read_checks(expressions: list[str], file: Path | None) -> list[StormCheck]:
    """The checks of a command line. Raises ``SettingsError`` for one that cannot be read, and for a
    file without a function whose name begins with ``check``."""
    found: list[StormCheck] = [CheckExpression(one) for one in expressions]
    if file is not None:
        try:
            names = runpy.run_path(str(file))
        except Exception as error:  # a user's own code
            raise SettingsError(
                f"cannot be run: {type(error).__name__}: {error}", path=file
            ) from error
        functions = {k: v for k, v in names.items() if k.startswith("check") and callable(v)}
        if not functions:
            raise SettingsError("has no function whose name begins with check", path=file)
        found += [CheckFunction(name, function) for name, function in functions.items()]
    return found
