"""An advisor's groups and aliases: what a replacement must say."""

from collections.abc import Mapping
from typing import Final

from ..commands import ReplaceAccountAliases, ReplaceAdvisorGroups
from ..facts import AccountAliasesReplaced, AdvisorGroup, AdvisorGroupsReplaced
from .accounts_refused import AccountRefused
from .allocation import ALL, clients_of, master_of, method_named
from .ledger import Account

MOST_GROUPS: Final = 200
LONGEST_NAME: Final = 100
HIGHEST: Final = 10**9 * 10**6
"""The highest number of a member, in millionths."""


class UnknownAccounts(AccountRefused):
    """Groups or aliases name accounts that the advisor does not manage; TWS answers with 10231."""

    def __init__(self, codes: list[str]) -> None:
        super().__init__(f"not among the advisor's accounts: {', '.join(codes)}")
        self.codes = codes


def advisor_fact(
    command: ReplaceAdvisorGroups | ReplaceAccountAliases, accounts: Mapping[str, Account]
) -> AdvisorGroupsReplaced | AccountAliasesReplaced:
    """Return what a replacement leads to. Raises ``AccountRefused``, ``UnknownAccounts``."""
    if not command.account or command.account != master_of(accounts):
        raise AccountRefused("the login is not that of a financial advisor")
    if isinstance(command, ReplaceAccountAliases):
        return _aliases(command, accounts)
    if len(command.groups) > MOST_GROUPS:
        raise AccountRefused(f"there are at most {MOST_GROUPS} groups")
    names = [name for name, _, _ in command.groups]
    if len(set(names)) < len(names) or ALL in names:
        raise AccountRefused(f"each group has a name of its own, other than {ALL}")
    known, unknown, found = clients_of(accounts), [], []
    for name, method, members in command.groups:
        if not _is_name(name):
            raise AccountRefused(f"the name of a group has 1 to {LONGEST_NAME} visible characters")
        named = method_named(method)
        if named is None:
            raise AccountRefused(f"there is no allocation method {method[:40]!r}")
        codes = [code for code, _ in members]
        unknown += [code for code in codes if code not in known]
        if not codes or len(set(codes)) < len(codes):
            raise AccountRefused(f"the group {name} has no account, or one of them twice")
        if any(not 0 <= number <= HIGHEST for _, number in members):
            raise AccountRefused(f"the group {name} has a number that is negative or too large")
        found.append(AdvisorGroup(name, named, members))
    if unknown:
        raise UnknownAccounts(list(dict.fromkeys(unknown))[:10])
    return AdvisorGroupsReplaced(tuple(found))


def _aliases(
    command: ReplaceAccountAliases, accounts: Mapping[str, Account]
) -> AccountAliasesReplaced:
    unknown = [code for code, _ in command.aliases if code not in accounts]
    if unknown:
        raise UnknownAccounts(list(dict.fromkeys(unknown))[:10])
    if not all(_is_name(alias) for _, alias in command.aliases):
        raise AccountRefused(f"an alias has 1 to {LONGEST_NAME} visible characters")
    return AccountAliasesReplaced(command.aliases)


def _is_name(text: str) -> bool:
    return 1 <= len(text) <= LONGEST_NAME and text.isprintable() and text == text.strip()
