"""Exact texts, meanings, overrides, and generated files that are up to date."""

import importlib.util
import subprocess
import sys
import tomllib
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from papertape import codes
from papertape.codes import Code, CodeTable
from walks import walk

ROOT = Path(__file__).parent.parent

# Texts as recorded or published, written out; the facts that fill them; the code and its variant.
# code | variant | facts | text
TEXTS = r"""
    0 |              | max=50                                | Warning: Approaching max rate of 50 messages per second
  100 |              | max=50 received=51 violation_no=1     | Max rate of messages per second has been exceeded:max=50 rec=51 (1)
  103 |              |                                       | Duplicate order id
  135 |              | orderId=7                             | Can't find order with id = 7
  152 |              |                                       | The "hidden" order attribute may not be specified for this order.
  161 |              | permId=99                             | Cancel attempted when order is not in a cancellable state.  Order permId =99
  162 | no_data      | symbol=SPY exchange=SMART whatToShow=Trades | Historical Market Data Service error message:HMDS query returned no data: SPY@SMART Trades
  162 |              | cause=x                               | Historical Market Data Service error message:x
  200 |              |                                       | No security definition has been found for the request
  200 | ambiguous    | symbol=SPY                            | The contract description specified for SPY is ambiguous
  201 | closed       |                                       | Order rejected - reason:Exchange is closed
  202 |              | reason=                               | Order Canceled - reason:
  203 |              | security=SPY                          | The security SPY is not available or allowed for this account.
  309 |              | max=3                                 | Max number (3) of market depth requests has been reached
  320 |              | field=i1 value=abc                    | Error reading request. Unable to parse field: 'i1' for input string: "abc"
  321 |              | tag=bF cause=y                        | Error validating request.-'bF' : cause - y
  321 | read_only    | tag=bF                                | Error validating request.-'bF' : cause - The API interface is currently in Read-Only mode.
  321 | end_time     | tag=bF text=z                         | Error validating request.-'bF' : cause - Historical data query end date/time string [z] is invalid.  Format is 'YYYYMMDD{SPACE}hh:mm:ss[{SPACE}TMZ]'.
  322 | exercise     | text=w                                | Error processing request.w
  326 |              |                                       | Unable to connect as the client id is already in use. Retry with a unique client id.
  354 | no_delayed   | contract=SPY                          | Requested market data is not subscribed.Delayed market data is not available.SPY/TOP/ALL
  399 | until_open   | action=BUY qty=1 symbol=AAPL exchange=NASDAQ.NMS time=2026-08-25_09:30:00 zone=US/Eastern | Order Message:⏎BUY 1 AAPL NASDAQ.NMS⏎Warning: Your order will not be placed at the exchange until 2026-08-25_09:30:00 US/Eastern.
 1100 |              |                                       | Connectivity between IBKR and Trader Workstation has been lost.
 1102 | all_farms    | farms=usfarm;_ushmds                  | Connectivity between IBKR and Trader Workstation has been restored - data maintained. All data farms are connected: usfarm;_ushmds.
 2104 |              | farm=usfarm                           | Market data farm connection is OK:usfarm
 2106 |              | farm=ushmds                           | HMDS data farm connection is OK:ushmds
 2107 |              | farm=ushmds                           | HMDS data farm connection is inactive but should be available upon demand.ushmds
 2158 |              | farm=secdefnj                         | Sec-def data farm connection is OK:secdefnj
10052 |              | tif=Empty                             | Invalid time in force:Empty
10147 |              | orderId=7                             | OrderId 7 that needs to be cancelled is not found.
10148 |              | orderId=7 state=Filled                | OrderId 7 that needs to be cancelled cannot be cancelled, state: Filled.
10167 |              |                                       | Requested market data is not subscribed. Displaying delayed market data.
10168 |              |                                       | Requested market data is not subscribed. Delayed market data is not enabled.
10255 |              |                                       | The 'Display Size' order attribute may not be specified for this order.
10349 |              | tif=DAY                               | Order TIF was set to DAY based on order preset.
"""  # noqa: E501

# code | severity | scope | ends | retry
MEANINGS = """
   0 warning session no  no
 100 error   session no  yes
 102 error   request no  no
 105 error   order   no  no
 110 error   order   yes no
 162 error   request yes yes
 165 info    request no  no
 200 error   request yes no
 201 error   order   yes no
 202 info    order   yes no
 316 error   request yes yes
 317 warning request no  no
 321 error   request yes no
 326 error   session yes yes
 354 error   request yes no
 366 error   request no  no
 399 warning order   no  no
 404 warning order   no  no
 492 warning request no  no
 502 error   session yes yes
 503 error   request yes no
 512 error   order   yes no
1100 warning session no  no
1101 warning session no  yes
1102 info    session no  no
1300 error   session yes yes
2103 warning farm    no  no
2104 info    farm    no  no
2109 warning order   no  no
2152 info    request no  no
2158 info    farm    no  no
10147 error  order   yes no
10148 error  order   no  no
10167 warning request no no
10182 error  request yes yes
10349 info   order   no  no
"""


def text_cases() -> list[tuple[int, str | None, dict[str, str], str]]:
    rows = [[cell.strip() for cell in line.split("|", 3)] for line in TEXTS.strip().splitlines()]
    return [
        (
            int(number),
            variant or None,
            dict(fact.split("=", 1) for fact in facts.split()),
            said.replace("⏎", "\n"),
        )
        for number, variant, facts, said in rows
    ]


@walk(("number", "variant", "facts", "said"), text_cases())
def test_texts_are_exact(
    number: int, variant: str | None, facts: dict[str, str], said: str
) -> None:
    assert codes.text(number, variant, **facts) == said


@walk("row", MEANINGS.strip().splitlines())
def test_meanings(row: str) -> None:
    number, *expected = row.split()
    code = codes.lookup(int(number))
    flags = ["yes" if flag else "no" for flag in (code.terminal, code.retry)]
    assert [code.severity, code.scope, *flags] == expected


def test_every_known_code_is_there_in_order() -> None:
    numbers = [code.number for code in codes.default_table()]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 498  # the 491 of the published tables, and 7 that were recorded


def test_warnings_and_notices_end_nothing_but_a_cancelled_order() -> None:
    mild = [code for code in codes.default_table() if code.severity != "error"]
    assert [code.number for code in mild if code.terminal] == [202]
    notices = {code.number for code in codes.default_table() if code.number in range(2100, 2200)}
    # 2188 stands among them, and yet it is all that its request is answered.
    assert notices - {2188} < {code.number for code in mild} and not codes.lookup(2188).retry


def test_every_template_can_be_filled() -> None:
    class Anything(dict[str, str]):
        def __missing__(self, key: str) -> str:
            assert key.isidentifier(), key
            return "x"

    for code in codes.default_table():
        for template in (code.template, *(template for _, template in code.variants)):
            assert template.format_map(Anything()).strip()


def test_a_missing_fact_is_named_with_its_code() -> None:
    with pytest.raises(KeyError, match=r"code 10148: the text needs 'state'"):
        codes.text(10148, orderId=3)


def test_a_missing_variant_is_named_with_those_there_are() -> None:
    with pytest.raises(KeyError, match=r"code 165: no variant 'x' \(there are: connected, disc"):
        codes.text(165, "x")
    with pytest.raises(KeyError, match=r"code 103: no variant 'x' \(there are: none\)"):
        codes.text(103, "x")


@walk(
    ("number", "severity", "terminal"),
    [(77777, "error", True), (2199, "warning", False), (2200, "error", True)],
)
def test_an_unknown_code_is_an_error_outside_the_range_of_warnings(
    number: int, severity: str, terminal: bool
) -> None:
    code = codes.lookup(number)
    assert (code.number, code.severity, code.terminal) == (number, severity, terminal)
    assert number not in codes.default_table()
    assert codes.text(number, text="as received") == "as received"


def test_overrides_give_a_new_table() -> None:
    table = codes.default_table()
    mine = table.with_overrides({10349: {"terminal": True}, 77777: {"severity": "info"}})
    assert mine.lookup(10349).terminal
    assert not table.lookup(10349).terminal
    assert mine.lookup(77777).severity == "info"
    assert 77777 not in table
    assert mine.text(10349, tif="DAY") == table.text(10349, tif="DAY")
    assert len(mine) == len(table) + 1


@walk("fields", [{"terminal": "perhaps"}, {"deadly": True}, {"scope": "moon"}])
def test_a_wrong_override_names_the_code(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="override of code 10349"):
        codes.default_table().with_overrides({10349: fields})


def test_a_table_of_ones_own() -> None:
    table = CodeTable([Code(1, template="one {n}")])
    assert (len(table), table.text(1, n=1), [code.number for code in table]) == (1, "one 1", [1])


def builder() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_codes", ROOT / "scripts/build_codes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_generated_files_are_what_the_rules_give() -> None:
    build = builder()
    built = build.build(build.read_data(), tomllib.loads(build.RULES.read_text("utf-8")))
    assert [
        path.name for path, text in build.outputs(built).items() if not build.holds(path, text)
    ] == []


def test_rules_for_codes_that_do_not_exist_are_refused() -> None:
    build = builder()
    rules = tomllib.loads(build.RULES.read_text("utf-8"))
    rules["retry"]["yes"].append(88888)
    with pytest.raises(SystemExit, match="88888"):
        build.build(build.read_data(), rules)


def test_a_row_of_a_sheet_becomes_a_fact() -> None:
    row = {
        "code": 100,
        "template": "t",
        "severity": "error",
        "origin": "server",
        "request": "a,b / c",
        "when": "w",
        "conf": "code+forum",
        "closes": "yes",
    }
    expected = Code(
        100, "t", requests=("a", "b", "c"), meaning="w", evidence="recorded", closes=True
    )
    assert builder()._fact(row) == expected


@pytest.mark.process
def test_the_table_is_read_on_first_use_only() -> None:
    script = (
        "import papertape.codes as c; assert not c.default_table.cache_info().currsize; "
        "c.lookup(200); assert c.default_table.cache_info().currsize"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_a_code_survives_json() -> None:
    code = codes.lookup(321)
    assert msgspec.json.decode(msgspec.json.encode(code), type=Code) == code
