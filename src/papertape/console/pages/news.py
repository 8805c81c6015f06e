"""Describes each event of the station in a sentence."""

from collections.abc import Callable
from typing import Any

Facts = dict[str, Any]


def sentence(news: dict[str, Any]) -> str:
    """The sentence; "" for events that only make pages refresh."""
    write = SENTENCES.get(news["kind"])
    return write(news["facts"]) if write else ""


def tone(news: dict[str, Any]) -> str:
    """The colour of the event's mark: good, warn, bad, or none."""
    kind, facts = news["kind"], news["facts"]
    if kind == "started" or (kind in ("link", "decided") and _good(facts)):
        return "good"
    if kind in ("waiting", "drill"):
        return "warn"
    if kind == "link" or (kind == "farm" and facts.get("status") == "broken"):
        return "bad"
    return "good" if kind == "farm" and facts.get("status") == "ok" else ""


def _good(facts: Facts) -> bool:
    return bool(facts.get("up") or facts.get("accepted"))


def _who(facts: Facts) -> str:
    """A connection's name: its client id once it has one."""
    client = facts.get("client_id")
    return f"Connection {facts.get('number')}" if client is None else f"Client {client}"


def _opened(facts: Facts) -> str:
    return f"Connection {facts.get('number')} from {facts.get('address')} opened"


def _started(facts: Facts) -> str:
    return f"{_who(facts)} started at server version {facts.get('version')}"


def _ended(facts: Facts) -> str:
    reason = facts.get("reason")
    return f"{_who(facts)} ended" + (f": {reason}" if reason else "")


def _waiting(facts: Facts) -> str:
    return f"{facts.get('address')} asks to connect as client {facts.get('client_id')}"


def _decided(facts: Facts) -> str:
    what = "accepted" if facts.get("accepted") else "rejected"
    reason = facts.get("reason")
    why = f": {reason}" if reason and reason != what else ""
    return f"Connection {facts.get('number')} {what}{why}"


def _setting(facts: Facts) -> str:
    return f"Setting {facts.get('name')} changed to {shown(facts.get('value'))}"


def _farm(facts: Facts) -> str:
    return f"Data farm {facts.get('name')}: {facts.get('status')}"


def _link(facts: Facts) -> str:
    if not facts.get("up"):
        return "The link to the broker is lost"
    kept = "data lost" if facts.get("data_lost") else "data maintained"
    return f"The link to the broker is back, {kept}"


def _drill(facts: Facts) -> str:
    what = {"began": "begins", "over": "is over"}.get(str(facts.get("state")))
    return f"Drill {facts.get('name')} {what}" if what else ""


def shown(value: Any) -> str:
    """A setting's value in readable form."""
    if value is None or value in ("", []):
        return "blank"
    if isinstance(value, bool):
        return "on" if value else "off"
    return ", ".join(str(one) for one in value) if isinstance(value, list) else str(value)


SENTENCES: dict[str, Callable[[Facts], str]] = {
    "opened": _opened,
    "started": _started,
    "ended": _ended,
    "waiting": _waiting,
    "decided": _decided,
    "setting": _setting,
    "farm": _farm,
    "link": _link,
    "drill": _drill,
}
