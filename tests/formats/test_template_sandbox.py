"""Templates that try to get out: each is refused, by its line, and none reaches anything but values of the order."""

import pytest

from bridge.formats._template import sample
from bridge.formats._template.faults import TemplateFault
from bridge.formats._template.frames import Rules
from bridge.formats._template.sandbox import Sandbox, compiled
from tests.formats.template_support import Fault, tried

# What is known of ways out of jinja's sandbox, and what would do so if ours had a hole.
ESCAPES = (
    "{{ ''.__class__ }}",
    "{{ ''['__class__'] }}",
    "{{ order.__class__.__mro__ }}",
    "{{ order['__cl' ~ 'ass__'] }}",
    "{{ (order.order_ref | lower)['__class__'] }}",
    "{{ order.lines.__len__ }}",
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{{ [].append(1) }}",
    "{{ [].__class__ }}",
    "{{ {}.__class__.__base__ }}",
    "{{ 1.0.real }}",
    "{{ self }}",
    "{{ self.__init__.__globals__ }}",
    "{{ self._TemplateReference__context }}",
    "{{ lipsum.__globals__['os'].popen('id').read() }}",
    "{{ cycler.__init__.__globals__.os }}",
    "{{ joiner.__init__.__globals__ }}",
    "{{ namespace.__init__.__globals__ }}",
    "{{ range(10) }}",
    "{{ dict(a=1) }}",
    "{{ config }}",
    "{{ request.application.__globals__ }}",
    "{{ get_flashed_messages.__globals__ }}",
    "{{ url_for.__globals__ }}",
    "{{ '{0.__class__}'.format(order) }}",
    "{{ '{a.__class__}'.format_map(order) }}",
    "{{ '{:>999999999}'.format(3) }}",
    "{{ ('%s' | replace('%s', 'x')).format }}",
    "{{ '%s' % order }}",
    "{{ '%999999999d' % 3 }}",
    "{{ 'a' * 1000000000 }}",
    "{{ 9 ** 9 ** 9 }}",
    "{{ 'a' + 'b' }}",
    "{{ ''.join(['a']) }}",
    "{{ 'a'.center(1000000000) }}",
    "{{ 'x' | attr('__class__') }}",
    "{{ order | attr('lines') }}",
    "{{ order.lines | map(attribute='__class__') | first }}",
    "{{ order.lines | where('__class__', 1) }}",
    "{{ order.lines | total('__class__') }}",
    "{{ order | xmlattr }}",
    "{{ order | pprint }}",
    "{{ order | tojson }}",
    "{{ [1] | sort(attribute='__class__') }}",
    "{{ [1] | groupby('__class__') }}",
    "{{ 'x' | format('y') }}",
    "{{ 'a' | wordwrap(1, '__class__') }}",
    "{% include '/etc/passwd' %}",
    "{% import 'os' as os %}",
    "{% from 'x' import y %}",
    "{% extends 'x' %}",
    "{% block a %}{% endblock %}",
    "{% autoescape false %}{% endautoescape %}",
    "{% macro m() %}{{ caller() }}{% endmacro %}{{ m() }}",
    "{% macro m() %}{{ varargs }}{% endmacro %}{{ m(1) }}",
    "{% macro m() %}{{ kwargs }}{% endmacro %}{{ m(a=1) }}",
    "{% macro m() %}x{% endmacro %}{{ m.__class__ }}",
    "{% macro m() %}x{% endmacro %}{{ m.name }}",
    "{% macro m() %}x{% endmacro %}{{ m._func.__globals__ }}",
    "{% macro __init__() %}x{% endmacro %}",
    "{% macro m(a) %}{{ a() }}{% endmacro %}{{ m(m) }}",
    "{% call m() %}{% endcall %}",
    "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}",
    "{% for x in [1] %}{{ loop._iterator }}{% endfor %}",
    "{% for x in [1] %}{{ loop.cycle('a', 'b') }}{% endfor %}",
    "{% for x in [1] %}{{ loop.changed(order) }}{% endfor %}",
    "{% for x in [1] %}{{ loop(x) }}{% endfor %}",
    "{% for x in [[1]] recursive %}{{ loop(x) }}{% endfor %}",
    "{% set order.order_ref = 'x' %}",
    "{% set _x = 1 %}{{ _x }}",
    "{% do order.clear() %}",
    "{% debug %}",
    "{% trans %}a{% endtrans %}",
    "{{ order.clear() }}",
    "{{ order.items() }}",
    "{{ order.info.get('Sample') }}",
    "{{ order.lines.pop() }}",
    "{{ order.lines[0:1] }}",
    "{{ order.order_ref[::-1] }}",
    "{{ undefined_name }}",
    "{{ none.__class__ }}",
    "{{ nothing.__class__ }}",
    "{{ order.nothing.__init__ }}",
    "{{ environment }}",
    "{{ context }}",
    "{{ resolve('order') }}",
    "{{ Markup('x') }}",
    "{{ order | safe }}",
    "{{ '<x>' | escape }}",
    "{{ 'a' | number(*[1]) }}",
    "{{ 'a' is filter }}",
    "{{ order is mapping }}",
    "{{ [order] | first | items | first | first | attr('x') }}",
)


@pytest.mark.parametrize("source", ESCAPES)
def test_a_template_that_reaches_for_more_than_values_is_refused_by_its_line(source: str) -> None:
    found = tried(f"first line\n{source}\n")

    assert isinstance(found, Fault), found
    assert found.line == 2
    assert found.what


@pytest.mark.parametrize("name", ["clear", "items", "get", "keys", "pop", "copy", "update"])
def test_what_a_shop_calls_its_info_types_is_no_way_to_a_method(name: str) -> None:
    assert tried(f"{{{{ order.info.{name} | default('none') }}}}") == "none"


def test_no_object_but_values_is_within_a_templates_reach() -> None:
    template, _ = compiled("x", Rules("refuse"))

    assert dict(template.environment.globals) == {}
    assert dict(template.globals) == {}
    assert template.environment.loader is None
    assert template.environment.extensions == {}


def test_behind_the_first_wall_stands_a_second() -> None:
    """Nothing that can be called, and no object with attributes, is ever within reach; were it, it would not help."""
    template, _ = compiled("x", Rules("refuse"))
    sandbox = template.environment
    assert isinstance(sandbox, Sandbox)

    with pytest.raises(TemplateFault):
        sandbox.call(template.new_context(), len, [1])
    with pytest.raises(TemplateFault):
        sandbox.getattr("text", "upper")
    assert not sandbox.is_safe_callable(len)
    assert not sandbox.is_safe_attribute("text", "upper", str.upper)


@pytest.mark.parametrize(
    ("source", "written"),
    [
        (
            "{% for l in order.lines %}{{ loop.index }}:{{ l.part_no }}{{ ',' if not loop.last }}{% endfor %}",
            "1:ITEM001,2:ITEM002",
        ),
        ("{% set n = order.lines | length %}{{ n + 1 }}", "3"),
        ("{% macro m(a, b='-') %}[{{ a }}{{ b }}]{% endmacro %}{{ m('x') }}{{ m('y', '+') }}", "[x-][y+]"),
        ("{% if order.hold %}H{% elif order.source == 'Online' %}O{% else %}-{% endif %}", "O"),
        ("{{ (order.lines[0].qty * order.lines[0].unit_price) | number(2, ',') }}", "600,00"),
        ("{{ 10 / 4 }} {{ 7 // 2 }} {{ -3 + 1 }}", "2.5 3 -2"),
        ("{% with a = 1 %}{{ a }}{% endwith %}", "1"),
        ("{% set a %}x{% endset %}{{ a }}", "x"),
        ("{% filter upper %}x{% endfilter %}", "X"),
        ("{{ order.sold_to.name ~ '/' ~ order.sold_to.city }}", "Anna Andersson/Stockholm"),
        ("{{ order.hold }} {{ order.delivery.sms }}", "false true"),
        ("{{ 'a' if 'call' in order.comment else 'b' }}", "a"),
        ("{{ order.info.SAMPLE }}", "A value"),
        ("{{ order.lines[7].text }}|{{ order.lines[0].price_lists[0].name }}", "|Standard"),
        ("{{ control }} {{ created_at | date('%Y%m%d%H%M') }}", "123 202611211402"),
        ("{{ order.net }} {{ order.lines[0].line_net }} {{ order.sold_to.phone }}", "1239.00 600.00 0812345678"),
        ("{# a comment #}{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
    ],
)
def test_what_a_layout_needs_is_there(source: str, written: str) -> None:
    assert tried(source) == written


def test_a_personal_number_is_told_to_a_template_that_names_it_and_to_no_other() -> None:
    order = sample.full_order()

    assert tried("{{ order.sold_to.ssn }}", order) == "19121212-1212"
    assert tried("{{ order.sold_to['ssn'] }}", order) == "19121212-1212"
    assert isinstance(tried("{{ order.sold_to['s' ~ 'sn'] }}", order), Fault)


def test_any_field_of_the_request_is_reached_as_it_came() -> None:
    assert tried("{{ order.raw.ClientOrderRef }} {{ order.lines[1].raw.LineNo }}") == "48447 2"


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("a\nb {{ order.comnent }}", 2, 'there is no "comnent" here; did you mean "comment"?'),
        ("{% for l in order.lines %}\n{{ l.qyt }}\n{% endfor %}", 2, 'did you mean "qty"?'),
        ("{% macro m(l) %}\n\n{{ l.qyt }}{% endmacro %}\n{{ m(order.lines[0]) }}", 3, 'did you mean "qty"?'),
        ("{% if %}", 1, "Expected an expression"),
        ("\n\n{{ order.order_ref", 3, "unexpected end"),
        ("{% for x in order.lines %}", 1, "endfor"),
        ("\n{{ order.comment | shout }}", 2, "No filter named 'shout'"),
        ("\n{{ order.lines }}", 2, "prints a group of facts"),
        ("{{ 1 / 0 }}", 1, "has no result"),
        ("{{ 'x' < 1 }}", 1, "not supported"),
        ("{{ '5' * 3 }}", 1, "works on numbers alone"),
        ("{{ -'5' }}", 1, "works on numbers alone"),
        ("{{ order.comment | number }}", 1, "no number"),
        ("{{ 1 | pad(1001) }}", 1, "a whole number up to 1000"),
        ("{{ 1 | pad(3, 'middle') }}", 1, "left"),
        ("{{ created_at | date('%Y%s') }}", 1, "date does not know"),
        ("{{ created_at | date('%999999999Y') }}", 1, "date does not know"),
        ("{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}", 1, "without end"),
        ("{{ " + "(" * 20000 + "1" + ")" * 20000 + " }}", None, ""),
        ("{{ " + "9" * 5000 + " }}", None, ""),
        ("{{ 1" + "+1" * 20000 + " }}", None, ""),
    ],
)
def test_a_fault_is_told_with_its_line_and_what_to_look_for(source: str, line: int | None, what: str) -> None:
    found = tried(source)

    assert isinstance(found, Fault), found
    assert what in found.what
    assert line is None or found.line == line
