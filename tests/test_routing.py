"""Which targets an order goes to, and which applications are known."""

from typing import Any

import pytest

from bridge.config.targets import Application
from bridge.errors import ErrorName, PermanentError
from bridge.routing import Route, application_name, plain_key, route

KEY = "123e4567-e89b-12d3-a456-426614174000"
OTHER = "00000000-0000-0000-0000-00000000000a"


def shops(**changed: Any) -> dict[str, Application]:
    demo = Application(name="demo", key=KEY, **changed)
    return {"demo": demo, "outlet": Application(name="outlet", key=OTHER, target="warehouse")}


def test_an_order_goes_to_its_application_s_target() -> None:
    way = route(OTHER, shops())

    assert way == Route("outlet", "warehouse", ())
    assert way.targets == ("warehouse",)


@pytest.mark.parametrize("spelt", [KEY.upper(), f"{{{KEY}}}", f"  {KEY}\n", f"{{{KEY.upper()}}}"])
def test_a_key_is_compared_as_a_guid(spelt: str) -> None:
    assert application_name(spelt, shops()) == "demo"
    assert plain_key(spelt) == KEY


def test_the_confirming_target_comes_first_and_copies_follow() -> None:
    way = route(KEY, shops(also=("warehouse", "archive")))

    assert way.targets == ("erp", "warehouse", "archive")


def test_a_target_gets_an_order_once_however_often_it_is_named() -> None:
    way = route(KEY, shops(also=("warehouse", "erp", "warehouse")))

    assert way.targets == ("erp", "warehouse")


@pytest.mark.parametrize("key", [None, "", OTHER.replace("a", "b"), "x" * 500])
def test_an_unknown_shop_is_refused_with_what_to_do(key: str | None) -> None:
    with pytest.raises(PermanentError) as caught:
        route(key, shops())

    error = caught.value
    assert error.name is ErrorName.ORDER_UNROUTABLE
    assert error.message.startswith("Header.ApplicationKey")
    assert "rejects replay" in error.hint
    assert len(error.message) < 200


def test_no_key_is_no_shop_even_where_a_shop_s_key_looks_empty() -> None:
    assert application_name(None, {"demo": Application(name="demo", key="{}")}) is None
