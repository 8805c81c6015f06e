"""What companies do in a world, as commands of the venue."""

from collections.abc import Callable

from ...errors import WorldError
from ...venue.commands import (
    CorporateCommand,
    MergeShares,
    PayDividend,
    RenameShares,
    SpinOff,
    SplitShares,
)
from ...venue.units import RATE_SCALE
from ...worlds import steps
from .amounts import cash_of

CompanyStep = (
    steps.DividendStep | steps.SplitStep | steps.MergerStep | steps.SpinOffStep | steps.RenameStep
)


def corporate_command(step: CompanyStep, number: Callable[[str], int]) -> CorporateCommand:
    """The command of a step; ``number`` gives the conId of a name. Raises ``WorldError`` for an
    amount or a part that is finer than the venue's."""
    con_id = number(step.symbol)
    match step:
        case steps.DividendStep():
            return PayDividend(con_id, cash_of(step.amount), step.account)
        case steps.SplitStep():
            return SplitShares(con_id, step.new, step.old)
        case steps.MergerStep():
            into = number(step.into) if step.into else 0
            return MergeShares(con_id, into, step.new, step.old, cash_of(step.cash))
        case steps.SpinOffStep():
            part = step.cost / 100 * RATE_SCALE
            if part != int(part):
                raise WorldError(f"{step.cost}% is finer than a part of the cost can be")
            return SpinOff(con_id, number(step.into), step.new, step.old, int(part))
        case steps.RenameStep():
            return RenameShares(con_id, step.to)
