"""Which targets an order goes to: one whose answer confirms it, and others that get a copy. Pure.

Not for: rendering or admitting; this only names targets and says why.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from bridge.config.targets import Application
from bridge.errors import ErrorName, PermanentError


@dataclass(frozen=True, slots=True)
class Route:
    """The way of one order."""

    application: str
    confirming: str
    copies: tuple[str, ...]

    @property
    def targets(self) -> tuple[str, ...]:
        """All targets, the confirming one first."""
        return (self.confirming, *self.copies)


def application_name(key: str | None, applications: Mapping[str, Application]) -> str | None:
    """The configured name of the shop whose ``Header.ApplicationKey`` this is; GUIDs are compared without case."""
    if key is None:
        return None
    return next((name for name, shop in applications.items() if plain_key(shop.key) == plain_key(key)), None)


def plain_key(key: str) -> str:
    """An application key as it is compared."""
    return key.strip().strip("{}").lower()


def route(key: str | None, applications: Mapping[str, Application]) -> Route:
    """The way of an order that came under this key.

    Raises :class:`PermanentError` *order_unroutable* for a key that no ``[applications.NAME]`` has.
    """
    name = application_name(key, applications)
    if name is None:
        what = f'"{key[:60]}" is not configured' if key else "is empty"
        raise PermanentError(
            f"Header.ApplicationKey {what}; the bridge does not know this shop",
            name=ErrorName.ORDER_UNROUTABLE,
            subject="Header.ApplicationKey",
            hint="add it as [applications.NAME] key in config.toml, restart, then: erp-bridge rejects replay ID",
        )
    shop = applications[name]
    return Route(name, shop.target, tuple(target for target in dict.fromkeys(shop.also) if target != shop.target))
