"""Commissions, margin and currency rates: data, with sources; the logic is in fees, margin."""

import msgspec

from ..units import CASH_SCALE, RATE_SCALE, SIZE_SCALE, CashMicros, Rate, SizeUnits, rate

Below = tuple[tuple[CashMicros, CashMicros], ...]
"""(premium per share, fee per contract) for premiums below it, the lowest first."""


class StockRates(msgspec.Struct, frozen=True):
    """A per-share schedule with a minimum and a cap per order, and fees passed through."""

    per_share: Rate
    minimum: CashMicros
    cap: Rate
    """Cap as a part of the order's value."""
    audit_per_share: Rate
    """Consolidated audit trail, both sides."""
    sec_per_proceeds: Rate
    """SEC fee on sales, of the proceeds."""
    taf_per_share: Rate
    """FINRA trading activity fee on sales."""
    clearing_per_share: Rate = 0
    """NSCC and DTC, both sides."""
    taken_per_share: Rate = 0
    """Of the exchange, for what takes liquidity; nothing is given back for adding it."""
    of_commission: Rate = 0
    """Fees of NYSE and FINRA, as a part of the commission."""
    tiers: tuple[tuple[SizeUnits, Rate], ...] = ()
    """(shares of the month, the rate of a share above that), the lowest first."""


class ValueRates(msgspec.Struct, frozen=True):
    """A schedule on the value of the trade with a minimum per order."""

    of_value: Rate
    minimum: CashMicros
    cap: Rate = RATE_SCALE
    """Cap as a part of the order's value."""
    tiers: tuple[tuple[CashMicros, Rate, CashMicros], ...] = ()
    """(value of the month in dollars, the rate of what is above that, and the minimum of an order
    that begins there), the lowest first."""


class FaceRates(msgspec.Struct, frozen=True):
    """A schedule on the face value of bonds: a rate up to a bound, a lower one above it."""

    first: Rate
    bound: CashMicros
    rest: Rate
    minimum: CashMicros
    cap: Rate = RATE_SCALE
    """Cap as a part of the order's value."""
    most: CashMicros = 10**15
    """And in money."""
    tiers: tuple[()] = ()


class ContractRates(msgspec.Struct, frozen=True):
    """A schedule per contract, by the premium of the fill, and fees passed through."""

    per_contract: CashMicros
    below: Below
    passed: CashMicros
    """Exchange, regulatory and audit fees per contract, both sides."""
    tiers: tuple[tuple[SizeUnits, CashMicros, Below], ...] = ()
    """(contracts of the month, ``per_contract`` and ``below`` of a contract above that), the lowest
    first."""


class FutureRates(msgspec.Struct, frozen=True):
    """Fees per contract of a future, by trading class, what is passed through included."""

    classes: dict[str, CashMicros]
    other: CashMicros
    tiers: tuple[tuple[SizeUnits, CashMicros, CashMicros], ...] = ()
    """(contracts of the month, futures and options on them together; how much less a contract above
    that costs of ``classes``, and of the others), the lowest first."""


class OptionRates(msgspec.Struct, frozen=True):
    """Rates of a short option without cover, besides its market value."""

    stock: Rate
    """Of the underlying's value, less what the option is out of the money."""
    index: Rate
    least: Rate
    """At least this, of the underlying's value for a call and of the strike for a put."""
    least_cents: int
    """And at least so many cents per share."""


class ScanRates(msgspec.Struct, frozen=True):
    """How far the price of an underlying is moved to find the worst loss (portfolio margin)."""

    down: Rate
    up: Rate
    index_down: Rate
    """The same of a broad index."""
    index_up: Rate
    least: CashMicros
    """At least this for each share under a short option."""


class ShortRates(msgspec.Struct, frozen=True):
    """Maintenance of shares that are sold short; amounts are of a share, in dollars."""

    of_value: Rate
    each: CashMicros
    """And at least this, from a price of ``low`` on."""
    low: CashMicros
    of_low: Rate
    """Of the value, below that price."""
    each_low: CashMicros


class FeePlan(msgspec.Struct, frozen=True):
    """The schedules of one pricing plan, by kind of instrument."""

    us_stock: StockRates | ValueRates
    other_stock: StockRates | ValueRates
    """Of stocks in a currency that ``stocks`` does not have."""
    forex: StockRates | ValueRates
    option: ContractRates | ValueRates
    future: FutureRates
    future_option: ContractRates | ValueRates
    kinds: dict[str, ValueRates] = {}
    """Of other security types; nothing where none stands here."""
    stocks: dict[str, StockRates | ValueRates] = {}
    """By currency."""
    bond: FaceRates | ValueRates = ValueRates(of_value=0, minimum=0)
    treasury: FaceRates | ValueRates = ValueRates(of_value=0, minimum=0)


FREE = ValueRates(of_value=0, minimum=0)
THOUSAND = 1_000 * SIZE_SCALE
"""Shares or contracts."""
BILLION = 10**9 * CASH_SCALE
"""Dollars."""
MICRO_FUTURES = (
    "MES", "MNQ", "M2K", "MYM", "MGC", "MCL", "SIL", "MHG", "M6E", "M6B", "M6A", "MBT", "MET",
    "VXM",
)  # fmt: skip
"""Trading classes of the futures that are a tenth of others, or less."""

FIXED = FeePlan(
    us_stock=StockRates(
        per_share=rate("0.005"),
        minimum=1 * CASH_SCALE,
        cap=rate("0.01"),
        audit_per_share=rate("0.000003"),
        sec_per_proceeds=rate("0.0000206"),
        taf_per_share=rate("0.000195"),
    ),
    other_stock=ValueRates(of_value=rate("0.0005"), minimum=4 * CASH_SCALE),
    forex=ValueRates(
        of_value=rate("0.00002"),
        minimum=2 * CASH_SCALE,
        tiers=(
            (1 * BILLION, rate("0.000015"), 1_500_000),
            (2 * BILLION, rate("0.00001"), 1_250_000),
            (5 * BILLION, rate("0.000008"), 1_000_000),
        ),
    ),
    option=ContractRates(
        per_contract=650_000,
        below=((50_000, 250_000), (100_000, 500_000)),
        passed=118_250,
        tiers=(
            (10 * THOUSAND, 500_000, ((50_000, 250_000),)),
            (50 * THOUSAND, 250_000, ()),
            (100 * THOUSAND, 150_000, ()),
        ),
    ),
    future=FutureRates(classes={**dict.fromkeys(MICRO_FUTURES, 610_000)}, other=2_150_000),
    future_option=ContractRates(per_contract=850_000, below=(), passed=570_000),
    kinds={
        "CRYPTO": ValueRates(of_value=rate("0.0018"), minimum=1_750_000, cap=rate("0.01")),
        "CFD": ValueRates(of_value=rate("0.00002"), minimum=1 * CASH_SCALE),
        "CMDTY": ValueRates(of_value=rate("0.000015"), minimum=2 * CASH_SCALE),
        "FUND": ValueRates(of_value=0, minimum=14_950_000, cap=rate("0.03")),
        "WAR": ValueRates(of_value=rate("0.0005"), minimum=4 * CASH_SCALE),
    },
    stocks={
        "AUD": ValueRates(of_value=rate("0.0008"), minimum=6 * CASH_SCALE),
        "CAD": StockRates(
            per_share=rate("0.01"), minimum=1 * CASH_SCALE, cap=rate("0.005"), audit_per_share=0,
            sec_per_proceeds=0, taf_per_share=0,
        ),
        "EUR": ValueRates(of_value=rate("0.0005"), minimum=3 * CASH_SCALE),
        "HKD": ValueRates(of_value=rate("0.0008"), minimum=18 * CASH_SCALE),
        "MXN": ValueRates(of_value=rate("0.001"), minimum=60 * CASH_SCALE),
    },
    bond=FaceRates(
        first=rate("0.001"), bound=10_000 * CASH_SCALE, rest=rate("0.00025"),
        minimum=1 * CASH_SCALE, cap=rate("0.01"), most=250 * CASH_SCALE,
    ),
    treasury=FaceRates(
        first=rate("0.00002"), bound=1_000_000 * CASH_SCALE, rest=rate("0.000001"),
        minimum=5 * CASH_SCALE,
    ),
)  # fmt: skip
"""US stocks: IBKR Pro fixed, 2026, verified to the last digit against paper executions of April
2026. Foreign listings: fixed prices of IBKR's pages on stocks of Europe (SMART), Asia-Pacific and
the Americas for AUD, CAD, EUR, HKD and MXN, a stand-in for other currencies; no captured execution
backs them. Currencies: 0.20 basis points, at least 2.00. Options: 0.65 a contract, less for
premiums under 0.10 and 0.05; a paper execution of one AAPL option at 8.90 cost 0.76825, so what is
passed through is 0.11825, and no minimum of an order applied. Futures: a paper execution of one
MES cost 0.61 in 2026 (0.25 and what is passed through), which the other micro futures pay here
too; the others 0.85, 1.28 for the exchange as of the E-mini S&P 500, and 0.02; options on futures
0.85, 0.55 and 0.02. Crypto currencies: 0.18 %, at least 1.75, at most 1 % of the value; CFDs 0.002
%, at least 1.00; metals: a stand-in, IBKR's list of 2026 without its steps. Bonds: IBKR's page, of
the face value: corporate ones 0.1 % of 10,000 and 0.025 % of the rest, at least 1.00, at most 1 %
of the value and 250; treasuries 0.002 % of a million and 0.0001 % of the rest, at least 5.00.
Funds: 14.95 an order, at most 3 % of its value, as IBKR's page on mutual funds has it for those
with a fee; warrants as foreign shares, a stand-in."""

TIERED = msgspec.structs.replace(
    FIXED,
    us_stock=StockRates(
        per_share=rate("0.0035"),
        minimum=350_000,
        cap=rate("0.01"),
        audit_per_share=rate("0.000003"),
        sec_per_proceeds=rate("0.0000206"),
        taf_per_share=rate("0.000195"),
        clearing_per_share=rate("0.0002"),
        taken_per_share=rate("0.003"),
        of_commission=rate("0.000735"),
        tiers=(
            (300 * THOUSAND, rate("0.002")),
            (3_000 * THOUSAND, rate("0.0015")),
            (20_000 * THOUSAND, rate("0.001")),
            (100_000 * THOUSAND, rate("0.0005")),
        ),
    ),
    future=msgspec.structs.replace(
        FIXED.future,
        tiers=(
            (1 * THOUSAND, 50_000, 200_000),
            (10 * THOUSAND, 100_000, 400_000),
            (20 * THOUSAND, 150_000, 600_000),
        ),
    ),
    future_option=ContractRates(
        per_contract=850_000,
        below=(),
        passed=570_000,
        tiers=(
            (1 * THOUSAND, 650_000, ()),
            (10 * THOUSAND, 450_000, ()),
            (20 * THOUSAND, 250_000, ()),
        ),
    ),
)
"""IBKR Pro tiered. Fees of the exchange are the most that Regulation NMS lets it take; NYSE's and
FINRA's parts of the commission are 0.000175 and 0.00056. Futures and options on them: 0.85, 0.65,
0.45 and 0.25, micro futures 0.25, 0.20, 0.15 and 0.10, by contracts of the month, of IBKR's page on
commissions of futures in dollars; without its fees for positions overnight. Other kinds as fixed:
IBKR has one list, with tiers, of options and of currencies.

Tiers are those of IBKR's pages: what is traded in a calendar month under the list counts, of all
accounts of an advisor together, at the time of the trade, and each share, contract or dollar pays
the rate of the tier that it falls into. IBKR's example: of 30 million shares the first 300,000 cost
1,050, the next 2,700,000 5,400, the next 17,000,000 25,500, the last 10,000,000 10,000."""

FEE_PLANS: dict[str, FeePlan] = {
    "fixed": FIXED,
    "tiered": TIERED,
    "none": FeePlan(
        us_stock=FREE,
        other_stock=FREE,
        forex=FREE,
        option=FREE,
        future=FutureRates(classes={}, other=0),
        future_option=FREE,
    ),
}
"""The plans that ``papertape account`` can set; "none" charges nothing, for tests of a strategy."""


FUTURE_MARGINS: dict[str, CashMicros] = {
    "ES": 10_800 * CASH_SCALE,
    "MES": 1_080 * CASH_SCALE,
    "GC": 6_000 * CASH_SCALE,
    "MGC": 600 * CASH_SCALE,
}
"""Maintenance margin of one future by trading class: outright ones of CME Group's advisories of
January 2022, the latest at hand; initial ones are 1.1 times as high there, too. Micro futures are
a tenth."""


class MarginModel(msgspec.Struct, frozen=True):
    """Rates of one margin model."""

    maintenance: dict[str, Rate]
    """Maintenance rates of the position's value, by secType."""
    initial_over_maintenance: Rate
    buying_power: Rate
    """BuyingPower = AvailableFunds / this."""

    cash: bool = False
    """Whether everything is paid for: no loan, no short position, no future; sales settle first."""

    option: OptionRates = OptionRates(
        stock=rate("0.20"), index=rate("0.15"), least=rate("0.10"), least_cents=250
    )
    """Short options without cover; IBKR's margin pages for US options, Reg T."""
    short: ShortRates | None = None
    """Of shares that are sold short; None for the rate of others."""
    scan: ScanRates | None = None
    """How options and what they are on are margined together; None by rule
    (``option_margin``)."""
    end_of_day: bool = False
    """Whether the account has the figures of Regulation T (``REG_T_END``)."""

    def rate_of(self, sec_type: str) -> Rate:
        """Return the maintenance rate of a security type. Orders for one without a rate are
        refused; a position of one from a journal has no loan value."""
        return self.maintenance.get(sec_type, RATE_SCALE)


OTHERS: dict[str, Rate] = {
    "CASH": rate("0.025"), "FUT": rate("0.10"), "CRYPTO": 0, "CFD": rate("0.20"),
    "BOND": rate("0.25"), "CMDTY": rate("0.10"), "FUND": rate("0.25"), "WAR": 0,
}  # fmt: skip
"""Maintenance rates of what is no stock. Crypto currencies and warrants are paid in full and have
no loan value; those of CFDs, bonds, funds and metals are stand-ins."""

MARGIN_MODELS: dict[str, MarginModel] = {
    "portfolio": MarginModel(
        maintenance={"STK": rate("0.15"), **OTHERS},
        initial_over_maintenance=rate("1.1"),
        buying_power=rate("0.15"),
        scan=ScanRates(
            down=rate("0.15"),
            up=rate("0.15"),
            index_down=rate("0.08"),
            index_up=rate("0.06"),
            least=375_000,
        ),
    ),
    "reg_t": MarginModel(
        maintenance={"STK": rate("0.25"), **OTHERS},
        initial_over_maintenance=rate("1.1"),
        buying_power=rate("0.25"),
        short=ShortRates(
            of_value=rate("0.30"),
            each=5 * CASH_SCALE,
            low=5 * CASH_SCALE,
            of_low=rate("1"),
            each_low=2_500_000,
        ),
        end_of_day=True,
    ),
    "cash": MarginModel(
        maintenance={
            "STK": rate("1"),
            "CASH": 0,
            "FUT": rate("1"),
            "CRYPTO": 0,
            "CFD": rate("1"),
            "BOND": rate("1"),
            "CMDTY": rate("1"),
            "FUND": rate("1"),
            "WAR": 0,
        },
        initial_over_maintenance=rate("1"),
        buying_power=rate("1"),
        cash=True,
    ),
}
"""portfolio: stocks as captured; initial = 1.1 x maintenance is exact in a 2022 account dump and
in a 2026 what-if, BuyingPower = AvailableFunds / 0.15 in the dump. reg_t: maintenance 25 %,
initial 27.5 % during the day; of shares that are sold short 30 % and at least 5.00 a share, below
5.00 the whole value and at least 2.50 a share (FINRA's Rule 4210, (c), as IBKR's margin pages have
it); buying power four times the available funds. cash: everything is
paid for in full. Futures without an
entry in ``FUTURE_MARGINS``: 10 % of their value, a stand-in without a source."""

REG_T_END = MarginModel(
    maintenance={
        "STK": rate("0.5"), "CASH": 0, "CRYPTO": 0, "BOND": rate("0.5"), "FUND": rate("0.5"),
        "WAR": 0, "CFD": rate("0.20"), "CMDTY": rate("0.10"),
    },
    initial_over_maintenance=rate("1"), buying_power=rate("0.5"),
)  # fmt: skip
"""What Regulation T asks for at the end of the day: half of a stock (RegTMargin). What it has no
rule for, CFDs and metals, needs what it needs during the day."""

DOLLAR = "USD"
REFERENCE_RATES = {
    "AUD": rate("0.65"),
    "CAD": rate("0.72"),
    "CHF": rate("1.24"),
    "EUR": rate("1.15"),
    "GBP": rate("1.33"),
    "HKD": rate("0.128"),
    "JPY": rate("0.0066"),
    "KRW": rate("0.00072"),
    "MXN": rate("0.054"),
    "USD": RATE_SCALE,
}
"""US dollars per unit, for currencies without a quote."""
