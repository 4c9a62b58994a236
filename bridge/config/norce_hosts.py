"""Where a shop's Norce answers, made of its slug and the name of an environment (``norce/connect.md`` 5).

Not for: full addresses; who writes those needs nothing from here.
"""

from collections.abc import Mapping
from typing import Any

from bridge.config.lines import Place
from bridge.config.models import NorceKeys
from bridge.config.reader import Reader

PRODUCTION = "prod"
PLAYGROUND = "playground"


def addresses(slug: str, environment: str) -> dict[str, str]:
    """Both addresses of an environment; only production's name is not in its host."""
    part = "" if environment == PRODUCTION else f".{environment}"
    host = f"https://{slug}.api-se{part}.norce.tech"
    return {"base_url": f"{host}/commerce/connect/4.0", "token_url": f"{host}/identity/1.0/connect/token"}


def check_norce_hosts(reader: Reader, table: Mapping[str, object]) -> None:
    """No address says otherwise than a slug, and an environment needs one.

    The same address beside it is let pass, so that what ``config show`` prints can be read again.
    """
    if "slug" in table:
        derived = addresses(str(table["slug"]), str(table.get("environment") or PLAYGROUND))
        for key, address in derived.items():
            if table.get(key, address) != address:
                places: tuple[Place, ...] = (("norce", key), ("norce", "slug"))
                what = "stands beside slug, which says where Norce is already"
                reader.clash(places, what, f"keep either {key} or slug and environment")
    elif "environment" in table:
        hint = 'set slug = "acme" beside it; with full addresses the environment is in scope'
        reader.clash((("norce", "environment"), ("norce", "slug")), "needs slug beside it", hint)


def with_hosts(reader: Reader, keys: NorceKeys, table: Mapping[str, object]) -> dict[str, Any]:
    """The values of ``[norce]``; with a slug the addresses, and the scope unless somebody wrote one, follow from it."""
    values = dict(keys)
    if keys.slug is None:
        return values
    environment = keys.environment or PLAYGROUND
    derived = {**addresses(keys.slug, environment), "environment": environment, "scope": environment}
    for key, value in derived.items():
        if key not in table:
            values[key] = value
            reader.note_origin(("norce", key), "made of slug and environment")
    return values
