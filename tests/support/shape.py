"""The shape of one module, read from its syntax tree: sizes, nesting, broad handlers, names."""

import ast
from collections.abc import Iterator

MODULE_LINES = 400
FUNCTION_LINES = 40
PARAMETERS = 5
NESTING = 3

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)
BROAD = ("Exception", "BaseException")


def functions_of(tree: ast.AST) -> Iterator[FunctionNode]:
    """Yields every function and method, those inside others too."""
    for node in ast.walk(tree):
        if isinstance(node, FunctionNode):
            yield node


def oversize(tree: ast.Module, text: str) -> Iterator[tuple[int, str]]:
    """Yields line and sentence of each limit that is passed."""
    lines = len(text.splitlines())
    if lines > MODULE_LINES:
        yield lines, f"the module has {lines} lines, {MODULE_LINES} are the limit"
    for function in functions_of(tree):
        measures = (
            (length_of(function), FUNCTION_LINES, "lines"),
            (len(parameters_of(function)), PARAMETERS, "parameters"),
            (nesting_of(function.body), NESTING, "levels of nesting"),
        )
        for measured, limit, what in measures:
            if measured > limit:
                yield function.lineno, f"{function.name} has {measured} {what}, {limit} are the limit"


def length_of(function: FunctionNode) -> int:
    """Returns the lines from `def` to the last one, docstring included, decorators not."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def parameters_of(function: FunctionNode) -> list[str]:
    """Returns the parameters that a caller fills: without `self`, `cls`, `*args` and `**kwargs`."""
    given = function.args
    names = [parameter.arg for parameter in (*given.posonlyargs, *given.args)]
    if names[:1] in (["self"], ["cls"]):
        names = names[1:]
    return names + [parameter.arg for parameter in given.kwonlyargs]


def nesting_of(body: list[ast.stmt]) -> int:
    """Returns how deep the blocks of a body lie in each other; functions inside count for themselves."""
    return max((_depth(statement) for statement in body), default=0)


def _depth(node: ast.AST) -> int:
    if isinstance(node, FunctionNode | ast.ClassDef | ast.Lambda):
        return 0
    if isinstance(node, ast.If) and len(node.orelse) == 1 and isinstance(node.orelse[0], ast.If):
        otherwise = node.orelse[0]
        if otherwise.col_offset == node.col_offset:  # an `elif` lies beside its `if`, not inside it
            return max(1 + nesting_of(node.body), _depth(otherwise))
    deepest = max((_depth(child) for child in ast.iter_child_nodes(node)), default=0)
    return deepest + (1 if isinstance(node, BLOCKS) else 0)


def broad_handlers(tree: ast.AST) -> Iterator[int]:
    """Yields the lines that catch everything: bare, `Exception`, `BaseException`, by `suppress` too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ExceptHandler):
            caught = [node.type]
        elif isinstance(node, ast.Call) and _last_name(node.func) == "suppress":
            caught = [*node.args]
        else:
            continue
        if any(_is_broad(kind) for kind in caught):
            yield node.lineno


def _is_broad(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    if isinstance(kind, ast.Tuple):
        return any(_is_broad(one) for one in kind.elts)
    return _last_name(kind) in BROAD


def _last_name(node: ast.expr) -> str:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def text_of(node: ast.AST) -> str:
    """Returns what a string literal says, an f-string with `?` in its holes; empty for anything else."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(text_of(part) or "?" for part in node.values)
    return ""


def top_level_names(tree: ast.Module) -> Iterator[str]:
    """Yields the names that a module defines or imports at its top level."""
    for node in tree.body:
        if isinstance(node, FunctionNode | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
