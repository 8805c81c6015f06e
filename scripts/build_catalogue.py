"""Build src/papertape/venue/reference/catalogue.tsv.gz: the instruments of the long catalogue.

python scripts/build_catalogue.py FOLDER           write the file
python scripts/build_catalogue.py FOLDER --check   write nothing; exit 1 when it is another one

FOLDER holds two wheels, which nothing installs and nothing imports:

    pip download --no-deps --dest FOLDER edgartools==5.62.1 pytickersymbols==1.17.10

Their lists of symbols are facts under MIT licences: American stocks from edgartools (data of the
SEC, in the public domain), members of European and Japanese indices from pytickersymbols. All
else is typed by hand in ``scripts/catalogue``. Numbers of ours follow from what an instrument is;
the slots of options are kept from the file that is there, and new stocks get the next free ones.
Needs polars.
"""

import argparse
import ast
import gzip
import io
import re
import sys
import zipfile
from collections.abc import Iterator
from hashlib import blake2b
from pathlib import Path

from papertape.venue.reference.catalogue import number_of, text_of
from papertape.venue.reference.listings import CATALOGUE
from papertape.venue.reference.numbers import DENSE, MONTHLY_SLOTS, OURS_FROM, WEEKLY

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ROOT / "scripts/catalogue"
FILE = ROOT / "src/papertape/venue/reference/catalogue.tsv.gz"
EXCHANGES = {"Nasdaq": "NASDAQ", "NYSE": "NYSE", "CBOE": "BATS"}
SUFFIXES = {
    "DE": ("IBIS", "EUR"), "PA": ("SBF", "EUR"), "AS": ("AEB", "EUR"), "BR": ("ENEXT.BE", "EUR"),
    "MC": ("BM", "EUR"), "MI": ("BVME", "EUR"), "L": ("LSE", "GBP"), "SW": ("EBS", "CHF"),
    "ST": ("SFB", "SEK"), "HE": ("HEX", "EUR"), "CO": ("CPH", "DKK"), "OL": ("OSL", "NOK"),
    "T": ("TSEJ", "JPY"),
}  # fmt: skip
Row = dict[str, str]
"""Of a line: kind, symbol, currency, primary, number, price, name; the rest is key=value."""
HEAD = ("kind", "symbol", "currency", "primary", "number", "price", "name")


def main() -> int:
    """Write or check the file."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="where the two wheels are")
    parser.add_argument("--check", action="store_true", help="exit 1 when the file is another one")
    given = parser.parse_args()
    text = "".join(f"{line}\n" for line in lines(given.folder))
    if given.check:
        same = gzip.decompress(FILE.read_bytes()).decode() == text
        print("the same" if same else "another one: run scripts/build_catalogue.py, look at it")
        return not same
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", mtime=0) as file:
        file.write(text.encode())
    FILE.write_bytes(packed.getvalue())
    print(f"{FILE.relative_to(ROOT)}: {text.count(chr(10)):,} lines, {FILE.stat().st_size:,} bytes")
    return 0


def lines(folder: Path) -> Iterator[str]:
    """Every line of the file."""
    rows: dict[tuple[str, ...], Row] = {}
    typed = (*others(), *etfs(), *stocks())
    known = {row["symbol"] for row in typed if (row["kind"], row["currency"]) == ("STK", "USD")}
    known |= {entry.symbol for entry in CATALOGUE if entry.currency == "USD"}
    listed = (row for row in american(folder) if row["symbol"] not in known)
    for row in (*typed, *listed, *foreign(folder)):
        rows.setdefault(identity(row), row)
    held = {(e.secType, e.symbol, e.currency, e.primaryExchange) for e in CATALOGUE}
    found = [row for key, row in rows.items() if key[:4] not in held]
    find_prices(found)
    find_numbers(found)
    found += contracts_for_difference(found)
    find_slots(found)
    give_numbers(found)
    for row in found:
        extra = [f"{key}={value}" for key, value in row.items() if key not in HEAD and value]
        first = (row["kind"], row["symbol"], row["currency"], row["primary"])
        yield text_of(first, int(row["number"]), row["price"], row["name"], extra)


def identity(row: Row) -> tuple[str, ...]:
    """What tells an instrument from others."""
    more = (row.get(key, "") for key in ("local", "right", "strike", "expiry", "coupon", "matures"))
    return (row["kind"], row["symbol"], row["currency"], row["primary"], *more)


def read(name: str) -> Iterator[str]:
    """The lines of a source that are no remarks."""
    for line in (SOURCES / name).read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            yield line


def row_of(*head: str, **more: str) -> Row:
    return dict(zip(HEAD, head)) | more


def others() -> Iterator[Row]:
    """The kinds that are no stocks."""
    for line in read("others.txt"):
        first, name, more = (part.strip() for part in line.split("|"))
        row = row_of(*first.split(), name)
        for word in more.split():
            key, value = word.split("=", 1)
            row[key] = value if key == "hours" else value.replace("_", " ")
        yield row


def etfs() -> Iterator[Row]:
    """Funds of the United States that trade like stocks."""
    for line in read("etfs.txt"):
        symbol, exchange, price, name = line.split(None, 3)
        yield row_of("STK", symbol, "USD", exchange, "0", price, name, type="ETF", optionable="1")


def stocks() -> Iterator[Row]:
    """Stocks of Asia, Australia and Canada, and a few funds of Europe."""
    exchange = currency = ""
    for line in read("stocks.txt"):
        if line.startswith("["):
            exchange, currency = line.strip("[]").split()
            continue
        symbol, price, name = line.split(None, 2)
        fund = exchange in ("IBIS2", "LSEETF") or "ETF" in name or "ISHARES" in name
        kind = "ETF" if fund else "COMMON"
        yield row_of("STK", symbol, currency, exchange, "0", price, name, type=kind)


def american(folder: Path) -> Iterator[Row]:
    """The stocks that the SEC has on Nasdaq, the NYSE and Cboe, without warrants and units; in the
    order of its list, in which the companies of the highest value come first."""
    import polars

    (wheel,) = folder.glob("edgartools-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        data = archive.read("edgar/reference/data/company_tickers.parquet")
    table = polars.read_parquet(io.BytesIO(data))
    known: dict[str, set[str]] = {}
    for cik, ticker, _, _ in table.rows():
        known.setdefault(cik, set()).add(ticker)
    for cik, ticker, exchange, name in table.rows():
        if exchange not in EXCHANGES or not name:
            continue
        base, _, share = ticker.partition("-")
        if share[:1] in ("W", "U", "R") or any(
            ticker[:-1] in known[cik] and ticker.endswith(end) and len(ticker) >= 5
            for end in ("W", "U", "R", "Z")
        ):
            continue
        preferred = share.startswith("P")
        symbol = f"{base} PR{share[1:]}" if preferred else " ".join(filter(None, (base, share)))
        title = re.sub(r"[.,/\\]|\t", " ", name).upper()
        yield row_of(
            "STK", symbol, "USD", EXCHANGES[exchange], "0", "", " ".join(title.split()),
            type="PREFERRED" if preferred else "COMMON", optionable="" if preferred else "1",
        )  # fmt: skip


def foreign(folder: Path) -> Iterator[Row]:
    """The members of indices that are listed in Europe and Japan."""
    (wheel,) = folder.glob("pytickersymbols-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        source = archive.read("pytickersymbols/indices_data.py").decode()
    (value,) = (node.value for node in ast.parse(source).body if isinstance(node, ast.Assign))
    indices = ast.literal_eval(value)
    for _, index in sorted(indices.items()):
        for company in index["companies"]:
            names = [
                company.get("symbol"),
                *(one.get("yahoo") for one in company.get("symbols", ())),
            ]
            for name in filter(None, names):
                ticker, _, suffix = name.rpartition(".")
                if suffix in SUFFIXES and ticker and "." not in ticker:
                    exchange, currency = SUFFIXES[suffix]
                    symbol = ticker.replace("-", " ").upper()
                    isin = next(iter(company.get("isins") or ()), "")
                    title = re.sub(r"[^\x20-\x7e]", "", company["name"]).upper()
                    if re.fullmatch(r"[A-Z1-9][A-Z0-9 ]{0,8}", symbol) and title:
                        yield row_of(
                            "STK", symbol, currency, exchange, "0", "", title,
                            type="COMMON",
                            isin=isin if re.fullmatch(r"[A-Z]{2}\w{10}", isin) else "",
                        )  # fmt: skip
                    break


def find_prices(rows: list[Row]) -> None:
    """The typed price of an American stock; of any other that has none, one by its name."""
    typed: dict[str, str] = {}
    for line in read("prices.txt"):
        words = line.split()
        typed |= {name.replace("_", " "): price for name, price in zip(words[::2], words[1::2])}
    for row in rows:
        if row["kind"] != "STK":
            continue
        name = row["symbol"] + ("" if row["currency"] == "USD" else f".{row['currency']}")
        if name in typed:
            row["price"] = typed[name]
        elif not row["price"]:
            chance = int.from_bytes(blake2b(row["symbol"].encode(), digest_size=4).digest()) / 2**32
            price = 8 * 20**chance * (25 if row["currency"] == "JPY" else 1)
            row["price"] = f"{price:.0f}" if row["currency"] == "JPY" else f"{price:.2f}"


def find_numbers(rows: list[Row]) -> None:
    """The public numbers of stocks."""
    public = {(w[0], w[1]): w[2] for w in map(str.split, read("ids.txt"))}
    for row in rows:
        if row["kind"] == "STK" and (row["symbol"], row["currency"]) in public:
            row["number"] = public.pop((row["symbol"], row["currency"]))
    assert not public, f"no such stocks: {public}"


def contracts_for_difference(rows: list[Row]) -> Iterator[Row]:
    """Of the best known stocks and of currency pairs."""
    give_numbers(rows)
    listed: list[tuple[str, str, str, str, str, str]] = [
        (e.secType, e.symbol, e.currency, str(e.conId), f"{e.reference / e.scale:g}", e.longName)
        for e in CATALOGUE
    ]
    listed += [
        (r["kind"], r["symbol"], r["currency"], r["number"], r["price"], r["name"]) for r in rows
    ]
    for kind, symbol, currency, number, price, name in listed:
        stock = kind == "STK" and currency == "USD" and symbol in (*DENSE, *WEEKLY)
        if stock or kind == "CASH":
            yield row_of("CFD", symbol, currency, "SMART", "0", price, name, under=number, of=kind)


def find_slots(rows: list[Row]) -> None:
    """A slot for every American stock with monthly options: the one it had, or the next."""
    kept: dict[str, int] = {}
    if FILE.exists():
        for line in gzip.decompress(FILE.read_bytes()).decode().splitlines():
            _, symbol, *more = line.split("\t")
            for word in more:
                if word.startswith("slot="):
                    kept[symbol] = int(word[5:])
    free = max(kept.values(), default=-1) + 1
    chosen = set(DENSE) | set(WEEKLY)
    for row in rows:
        if not row.pop("optionable", "") or row["symbol"] in chosen:
            continue
        slot = kept.get(row["symbol"])
        if slot is None and free < MONTHLY_SLOTS and wanted(row):
            slot, free = free, free + 1
        if slot is not None:
            row["slot"] = str(slot)


def wanted(row: Row) -> bool:
    """Whether a stock gets options: funds, and stocks with a short symbol and some price."""
    return row.get("type") == "ETF" or (len(row["symbol"]) <= 5 and float(row["price"]) >= 5)


def give_numbers(rows: list[Row]) -> None:
    """Numbers of ours; where two would have the same, the later one is hashed again."""
    taken = {int(row["number"]) for row in rows} | {entry.conId for entry in CATALOGUE}
    for row in rows:
        if row["number"] != "0":
            continue
        first = (row["kind"], row["symbol"], row["currency"], row["primary"])
        tries = 0
        number = number_of(first, row)
        while number in taken or number < OURS_FROM:
            tries += 1
            row["again"] = str(tries)
            number = number_of(first, row)
        taken.add(number)
        row["number"] = str(number)


if __name__ == "__main__":
    sys.exit(main())
