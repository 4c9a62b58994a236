"""The jinja that a target's template gets: values, conditions, loops, macros of its own, our filters, and nothing else.

A template sees dictionaries, lists, texts and numbers; no attribute of any object, no call but of its own macros, no
other file. What is not on the lists below is refused when the template is read, with its line. Not for: time and
memory, which the process is limited in (``child.py``).
"""

import decimal
import difflib
import operator
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, localcontext
from functools import partial
from typing import Any

from jinja2 import StrictUndefined, Template, nodes, pass_context
from jinja2.exceptions import TemplateSyntaxError
from jinja2.runtime import Context, LoopContext, Macro, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.tests import TESTS
from jinja2.visitor import NodeTransformer

from bridge.formats._neutral import CODES
from bridge.formats._template.faults import TemplateFault
from bridge.formats._template.filters import EXACT, JOINED, Number, filters_of
from bridge.formats._template.frames import Rules
from bridge.formats._template.guard import Guard
from bridge.formats._template.places import texts_of
from bridge.formats._text import shown

FILENAME = "<template>"
_NODES = frozenset(
    {
        *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem),
        *(nodes.For, nodes.If, nodes.Assign, nodes.AssignBlock, nodes.With, nodes.Macro, nodes.FilterBlock),
        nodes.Scope,  # what autoescape stands in, which is refused by its line
        *(nodes.Call, nodes.Filter, nodes.Test, nodes.CondExpr, nodes.Compare, nodes.Operand, nodes.Keyword),
        *(nodes.And, nodes.Or, nodes.Not, nodes.Concat, nodes.List, nodes.Tuple, nodes.Dict, nodes.Pair),
        *(nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv, nodes.Neg, nodes.Pos),
    }
)
_NO_NAMES = frozenset({"self", "super", "caller", "varargs", "kwargs"})
_WORDS: Mapping[type[nodes.Node], str] = {
    nodes.Mod: "the sign %",
    nodes.Pow: "the sign **",
    nodes.Slice: "a slice [:], for which there is cut",
    nodes.Include: "include",
    nodes.Import: "import",
    nodes.FromImport: "import",
    nodes.Extends: "extends",
    nodes.Block: "block",
    nodes.CallBlock: "call",
    nodes.ScopedEvalContextModifier: "autoescape",
}
_LOOP = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length", "previtem", "nextitem"})
_TESTS = ("defined", "undefined", "none", "even", "odd", "divisibleby", "eq", "equalto", "==", "in", "true", "false")
_SIGNS: Mapping[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "//": operator.floordiv,
}
_PREC = 60
_LARGEST = 30  # digits before the point


class Missing(StrictUndefined):
    """What is not there; only where that is a fault is a name looked for that may have been meant."""

    __slots__ = ()

    @property
    def _undefined_message(self) -> str:
        facts, name = self._undefined_obj, self._undefined_name or ""
        if not isinstance(facts, dict):
            return super()._undefined_message
        near = difflib.get_close_matches(name, [key for key in facts if key.isidentifier()], n=1)
        return f'there is no "{shown(name)}" here' + (f'; did you mean "{near[0]}"?' if near else "")


class Sandbox(ImmutableSandboxedEnvironment):
    """An environment without attributes, calls, globals, loaders or filters of jinja's.

    It knows the references of the order that is being written, for the filters that must not change one.
    """

    intercepted_binops = frozenset({*_SIGNS, "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self) -> None:
        super().__init__(undefined=Missing, autoescape=True, keep_trailing_newline=True, cache_size=0)
        self._order: object = None
        self._codes: frozenset[str] | None = None
        self.globals.clear()
        self.filters = {}
        self.tests = {name: TESTS[name] for name in _TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """A fact by its name; nothing of what is missing, and no attribute of anything."""
        if obj is None:
            return None
        if isinstance(obj, dict):
            return self._fact(obj, attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        if isinstance(obj, Undefined):
            str(obj)  # says what is undefined
        raise TemplateFault(f'"{shown(attribute)}" is asked of what has no names')

    def getitem(self, obj: Any, argument: Any) -> Any:
        """A fact by its name, or a member by its place in a list."""
        if isinstance(argument, str):
            return self.getattr(obj, argument)
        is_place = isinstance(argument, int | Decimal) and not argument % 1
        if is_place and isinstance(obj, list | tuple):
            place = int(argument)
            return obj[place] if -len(obj) <= place < len(obj) else None
        raise TemplateFault("what stands in [ ] is neither a name nor a place in a list")

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """A macro of the template, and nothing else."""
        if type(obj) is not Macro:
            raise TemplateFault("it calls what is no macro of its own")
        return context.call(obj, *args, **kwargs)

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic on numbers of a sane size."""
        if operator not in _SIGNS or not _is_number(left) or not _is_number(right):
            raise TemplateFault(f"{operator} works on numbers alone; texts are joined with ~")
        try:
            with localcontext(prec=_PREC):
                found = Number(_SIGNS[operator](Decimal(left), Decimal(right)))
        except decimal.DecimalException as error:
            raise TemplateFault(f"{operator} has no result: {type(error).__name__}") from error
        if not found.is_finite() or found.adjusted() > _LARGEST:
            raise TemplateFault(f"the result of {operator} is too large")
        return found

    def call_unop(self, context: Context, operator: str, arg: Any) -> Any:
        """The sign of a number."""
        if not _is_number(arg):
            raise TemplateFault(f"{operator} works on numbers alone")
        return Number(-arg if operator == "-" else arg)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """No attribute is."""
        return False

    def is_safe_callable(self, obj: Any) -> bool:
        """Macros alone are."""
        return type(obj) is Macro

    def is_code(self, value: object) -> bool:
        """Whether the order being written has this very text as a reference."""
        if self._codes is None:  # few templates ever ask, and an order may have 10,000 lines
            found = texts_of(self._order)
            self._codes = frozenset(text for path, text in found if path.rpartition(".")[2] in CODES)
        return value in self._codes

    def begin(self, order: object) -> None:
        """Take up another order."""
        self._order, self._codes = order, None

    def _fact(self, facts: Mapping[str, Any], name: str) -> Any:
        if name in facts:
            return facts[name]
        folded = name.casefold()  # an info type is found without case (decision 6)
        for key, value in facts.items():
            if key.casefold() == folded:
                return value
        return self.undefined(None, facts, name)


def compiled(source: str, rules: Rules) -> tuple[Template, frozenset[str]]:
    """The template, ready to be rendered, and every name that it mentions.

    Raises :class:`TemplateFault` for what no template may do, and jinja's ``TemplateSyntaxError``.
    """
    sandbox = Sandbox()
    # Listed while it is parsed: jinja refuses a filter that it does not know by line.
    sandbox.filters = filters_of(Guard(rules.escape, ""), sandbox.is_code)
    del sandbox.filters[JOINED], sandbox.filters[EXACT]
    tree = sandbox.parse(source)
    for node in _all(tree):
        _check(node)
    data = [node.data for node in tree.find_all(nodes.TemplateData)]
    guard = Guard.of(rules, iter(data))
    sandbox.filters = filters_of(guard, sandbox.is_code)
    sandbox.finalize = _at_rendering(guard)
    mentioned = frozenset(_mentioned(tree))
    made = _Plain().visit(tree)
    made.set_environment(sandbox)
    code = sandbox.compile(made, filename=FILENAME)
    return Template.from_code(sandbox, code, {}), mentioned


def _at_rendering(guard: Guard) -> Callable[[Context, object], object]:
    """The guard as jinja asks it; with a context, so that no constant is made text before it was asked."""

    @pass_context
    def ready(_: Context, value: object) -> object:
        return guard.ready(value)

    return ready


def line_of(error: BaseException, template: Template) -> int | None:
    """The line of the template at which an error was raised."""
    if isinstance(error, TemplateSyntaxError):
        return error.lineno
    if isinstance(error, TemplateFault) and error.line is not None:
        return error.line
    found, trace = None, error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == FILENAME:
            found = template.get_corresponding_lineno(trace.tb_lineno)
        trace = trace.tb_next
    return found


def _is_number(value: object) -> bool:
    return isinstance(value, int | Decimal) and not isinstance(value, bool)


def _all(node: nodes.Node) -> Iterator[nodes.Node]:
    """Every node, without recursion: a template may be nested as deeply as it likes."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(one.iter_child_nodes())


def _check(node: nodes.Node) -> None:
    refuse = partial(TemplateFault, line=node.lineno)
    if type(node) not in _NODES:
        raise refuse(f"it uses {_WORDS.get(type(node), type(node).__name__)}, which no template may")
    name = _name_in(node)
    if name is not None and (name.startswith("_") or name in _NO_NAMES):
        raise refuse(f'it names "{shown(name)}", which no template may')
    if isinstance(node, nodes.For) and node.recursive:
        raise refuse("it uses recursive, which no template may")
    if isinstance(node, nodes.Call | nodes.Filter | nodes.Test) and (node.dyn_args or node.dyn_kwargs):
        raise refuse("it uses * before an argument, which no template may")


def _name_in(node: nodes.Node) -> str | None:
    """What a node calls by name."""
    if isinstance(node, nodes.Getattr):
        return node.attr
    if isinstance(node, nodes.Name | nodes.Macro):
        return node.name
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const) and isinstance(node.arg.value, str):
        return node.arg.value
    return None


def _mentioned(tree: nodes.Template) -> Iterator[str]:
    for node in _all(tree):
        if isinstance(node, nodes.Getattr):
            yield node.attr
        elif isinstance(node, nodes.Const) and isinstance(node.value, str):
            yield node.value


class _Plain(NodeTransformer):
    """Makes a template's own texts ready as they are, ``~`` a filter that guards, and an ``if`` without else silent."""

    def visit_Const(self, node: nodes.Const) -> nodes.Node:  # noqa: N802  # jinja's name
        """A text in quotes, or a number with digits behind the point, which jinja takes for a float."""
        if isinstance(node.value, float):
            text = nodes.Const(repr(node.value), lineno=node.lineno)
            return nodes.Filter(text, EXACT, [], [], None, None, lineno=node.lineno)
        return nodes.MarkSafe(node, lineno=node.lineno) if isinstance(node.value, str) else node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802  # jinja's name
        """Several texts in one."""
        parts = nodes.List([self.visit(one) for one in node.nodes], lineno=node.lineno)
        return nodes.Filter(parts, JOINED, [], [], None, None, lineno=node.lineno)

    def visit_CondExpr(self, node: nodes.CondExpr) -> nodes.Node:  # noqa: N802  # jinja's name
        """A choice."""
        if node.expr2 is None:
            node.expr2 = nodes.Const(None, lineno=node.lineno)
        return self.generic_visit(node)
