"""The configuration of the API while a station runs: values, checks, watchers of changes.

A value comes from the file, the environment or a flag (given), else from a change during an
earlier run (kept), else from the table. A change while the station runs takes effect immediately
and is kept; at the next start a given value wins again.
"""

import logging
from collections.abc import Callable, Collection, Mapping
from difflib import get_close_matches
from typing import Any

import msgspec

from ..errors import SettingsError
from ..model import (
    ApiConfig,
    ApiPrecautionsConfig,
    ApiSettingsConfig,
    LockAndExitConfig,
    MessageConfig,
    OrdersConfig,
    OrdersSmartRoutingConfig,
)
from .config_table import (
    NAMES,
    PORTS,
    QUESTIONS,
    TABLE,
    Question,
    Setting,
    Value,
    default_of,
    networks,
)
from .settings import ApiDefaults

log = logging.getLogger("papertape.station")

RECORDS: dict[str, Callable[..., Any]] = {
    "settings": ApiSettingsConfig,
    "precautions": ApiPrecautionsConfig,
    "lockAndExit": LockAndExitConfig,
    "smartRouting": OrdersSmartRoutingConfig,
}
READ_ONLY_MESSAGE = 397
FOR_EVER = "acceptedForEver"
_PLAIN = {"".join(name.lower().split("_")): name for name in NAMES}


def official(name: str) -> str:
    """Return the official name; case, ``-`` and ``_`` are ignored, as in ``read_only_api``.

    Raises ``SettingsError`` naming the nearest setting.
    """
    plain = name.lower().replace("_", "").replace("-", "")
    found = _PLAIN.get(plain)
    if found is not None:
        return found
    near = get_close_matches(plain, _PLAIN, 1)
    raise SettingsError(
        "is not a setting of the API",
        setting=name,
        advice="docs/guides/settings.md lists them all",
        near=_PLAIN[near[0]] if near else "",
    )


def flat(tables: Mapping[str, Any]) -> dict[str, Any]:
    """Flatten the nested tables of a file: official name -> value as written.

    Raises ``SettingsError`` for an unknown name.
    """
    found: dict[str, Any] = {}
    for name, value in tables.items():
        found |= flat(value) if isinstance(value, Mapping) else {official(name): value}
    return found


class Outcome(msgspec.Struct, frozen=True):
    """The result of a change; nothing was changed if there are errors or questions."""

    changed: tuple[str, ...] = ()
    """Names of the settings that have a new value."""
    blamed: dict[str, str] = {}
    """Name as given -> why its value is not valid; each is in ``errors`` too."""
    errors: tuple[str, ...] = ()
    questions: tuple[Question, ...] = ()
    """Warnings that must be accepted first."""


class Config:
    """The settings of the API.

    ``settings``, ``precautions``, ``lock`` and ``routing`` are records with every field set.
    """

    settings: ApiSettingsConfig
    precautions: ApiPrecautionsConfig
    lock: LockAndExitConfig
    routing: OrdersSmartRoutingConfig

    def __init__(
        self,
        given: Mapping[str, Any] | None = None,
        *,
        kept: Mapping[str, Value] | None = None,
        keep: Callable[[dict[str, Value]], object] | None = None,
        gateway: bool = False,
        defaults: ApiDefaults = "testing",
    ) -> None:
        """Raises ``SettingsError`` naming a given setting that is not valid.

        ``keep`` stores changes from now on; ``kept`` is its last argument. ``gateway`` selects the
        default port of IB Gateway, ``defaults`` which values hold that nobody has chosen.
        """
        self._given = {name: _checked(name, value) for name, value in (given or {}).items()}
        known = dict(kept or {})
        self._for_ever = networks(known.pop(FOR_EVER, []))
        """Addresses that the user accepted permanently, whatever list is given."""
        self._kept = {name: value for name, value in known.items() if _legal(name, value)}
        self._keep = keep
        self._guards: dict[str, Callable[[Any], object]] = {}
        self._watchers: dict[str, list[Callable[[Any], object]]] = {}
        self._defaults = {row.name: default_of(row, defaults) for row in TABLE}
        if gateway:
            self._defaults["socketPort"] = PORTS["Gateway"]
        self._values: dict[str, Value] = dict(self._defaults)
        for name in self._kept.keys() & self._given.keys():
            if self._kept[name] != self._given[name]:
                log.warning("%s was set to %r while the station ran; the value %r given at the "
                            "start wins", name, self._kept[name], self._given[name])  # fmt: skip
        self._take({**self._kept, **self._given})
        self._take({"trustedIPs": networks([*self.settings.trustedIPs, *self._for_ever])})

    def __getitem__(self, name: str) -> Value:
        """The value of a setting by its official name."""
        return self._values[name]

    def _take(self, changes: Mapping[str, Value]) -> None:
        self._values.update(changes)
        made: dict[str, Any] = {}
        for group, record in RECORDS.items():
            rows = [row for row in TABLE if row.group == group]
            made[group] = record(**{row.name: self._values[row.name] for row in rows})
        self.settings, self.precautions = made["settings"], made["precautions"]
        self.lock, self.routing = made["lockAndExit"], made["smartRouting"]

    def chosen(self, name: str) -> bool:
        """Whether the user chose the value: at the start, or while a station ran."""
        return name in self._given or name in self._kept

    # -- guards and watchers ------------------------------------------------------------------

    def guard(self, name: str, check: Callable[[Any], object]) -> None:
        """Call ``check(value)`` before each change; it refuses with ``SettingsError``."""
        self._guards[name] = check

    def watch(self, name: str, act: Callable[[Any], object]) -> None:
        """Call ``act(value)`` after each change of this setting."""
        self._watchers.setdefault(name, []).append(act)

    def found(self, name: str, value: Value) -> None:
        """Record an actual value, such as a free port; it is not a change and is not kept."""
        self._take({name: value})

    # -- reading and changing -----------------------------------------------------------------

    def view(self) -> list[dict[str, Any]]:
        """Return every setting as plain data."""
        return [self._row(row) for row in TABLE]

    def _row(self, row: Setting) -> dict[str, Any]:
        source = "given" if row.name in self._given else "default"
        return {
            "group": row.group,
            "number": row.number,
            "name": row.name,
            "value": self._values[row.name],
            "default": self._defaults[row.name],
            "source": "changed" if row.name in self._kept else source,
            "acts": not row.idle,
            "note": row.idle,
            "meaning": row.line,
            "type": row.check.type,
            "choices": list(row.check.choices),
            "lowest": row.check.lowest,
            "highest": row.check.highest,
            "longest": row.check.longest,
            "blank": row.check.blank,
        }

    def record(self) -> tuple[LockAndExitConfig, list[MessageConfig], ApiConfig, OrdersConfig]:
        """Return every setting in the records of the protocol."""
        told = MessageConfig(
            READ_ONLY_MESSAGE, "", "The API is in Read-Only mode information message", "Yes", False
        )
        api = ApiConfig(self.precautions, self.settings)
        return self.lock, [told], api, OrdersConfig(self.routing)

    def update(
        self,
        changes: Mapping[str, Any],
        accepted: Collection[int] | None = None,
        *,
        doing: Collection[str] = (),
    ) -> Outcome:
        """Change settings: all of them, or none with the reasons.

        ``accepted`` are the numbers of the questions that a program has accepted; None asks none,
        for a change by the user. ``doing`` names further actions, which may have a question too.
        Raises ``JournalError`` when the change cannot be stored.
        """
        wanted: dict[str, Value] = {}
        blamed: dict[str, str] = {}
        for name, given in changes.items():
            try:
                found = official(name)
                value = _checked(found, given)
                if value != self._values[found]:
                    wanted[found] = value
            except SettingsError as error:
                blamed[name] = str(error)
        asked = () if accepted is None else _questions({**wanted, **dict.fromkeys(doing)}, accepted)
        if not blamed and not asked:
            blamed = self._refused(wanted)
        if blamed or asked:
            return Outcome(blamed=blamed, errors=tuple(blamed.values()), questions=asked)
        self._change(wanted)
        return Outcome(tuple(wanted))

    def _refused(self, wanted: Mapping[str, Value]) -> dict[str, str]:
        errors = {}
        for name, check in self._guards.items():
            if name in wanted:
                try:
                    check(wanted[name])
                except SettingsError as error:
                    errors[name] = str(error)
        return errors

    def trust(self, address: str) -> None:
        """Accept an address permanently. Raises ``JournalError`` when that cannot be stored."""
        trusted = networks([*self.settings.trustedIPs, address])
        self._for_ever = networks([*self._for_ever, address])
        self._store()
        self._tell({"trustedIPs": trusted})

    def _change(self, wanted: Mapping[str, Value]) -> None:
        if not wanted:
            return
        self._kept.update(wanted)
        trusted = wanted.get("trustedIPs")
        if isinstance(trusted, list):
            self._for_ever = [address for address in self._for_ever if address in trusted]
        self._store()
        self._tell(wanted)

    def _store(self) -> None:
        if self._keep is not None:
            self._keep({**self._kept, **({FOR_EVER: self._for_ever} if self._for_ever else {})})

    def _tell(self, wanted: Mapping[str, Value]) -> None:
        self._take(wanted)
        for name, value in wanted.items():
            log.info("the setting %s is now %r", name, value)
            for act in self._watchers.get(name, ()):
                act(value)


def _questions(wanted: Mapping[str, Value], accepted: Collection[int]) -> tuple[Question, ...]:
    return tuple(
        one
        for one in QUESTIONS
        if one.name in wanted
        and one.when in (msgspec.UNSET, wanted[one.name])
        and one.number not in accepted
    )


def _checked(name: str, given: Any) -> Value:
    """Return the checked value. Raises ``SettingsError`` with name, value and what is allowed."""
    row = NAMES[official(name)]
    try:
        return row.check(given)
    except ValueError as error:
        raise SettingsError(
            "is not valid", setting=row.name, found=given, advice=str(error)
        ) from error


def _legal(name: str, value: Any) -> bool:
    """Return whether a kept value is still valid."""
    try:
        return bool(_checked(name, value) == value)
    except SettingsError as error:
        log.warning("a kept setting is ignored: %s", error)
        return False
