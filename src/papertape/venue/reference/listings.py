"""The instruments that are there from the start: public facts of real listings.

Numbers are Interactive Brokers' permanent contract ids. Apple stands for the symbols that are
listed in several countries: its description without a currency is ambiguous on purpose.
"""

from pathlib import Path

from .catalogue import Catalogue
from .exchanges import US_EXCHANGES
from .instruments import Instruments
from .securities import CENTS, CurrencyPair, Instrument, Stock

COMPUTERS = "Technology/Computers/Computers"
INTERNET = "Communications/Internet"
CHIPS = "Technology/Semiconductors"

# conId, symbol, primary exchange, class, stock type, ISIN, FIGI, price, sector, name
_US_STOCKS = f"""
265598     AAPL  NASDAQ  NMS   COMMON  US0378331005  BBG000B9XRY4  270  {COMPUTERS}  APPLE INC
272093     MSFT  NASDAQ  NMS   COMMON  US5949181045  BBG000BPH459  490  Technology/Software/Applications Software  MICROSOFT CORP
3691937    AMZN  NASDAQ  NMS   COMMON  US0231351067  BBG000BVPV84  230  {INTERNET}/E-Commerce/Products  AMAZON.COM INC
4815747    NVDA  NASDAQ  NMS   COMMON  US67066G1040  BBG000BBJQV0  180  {CHIPS}/Electronic Compo-Semicon  NVIDIA CORP
208813719  GOOGL NASDAQ  NMS   COMMON  US02079K3059  BBG009S39JX6  310  {INTERNET}/Web Portals/ISP  ALPHABET INC-CL A
208813720  GOOG  NASDAQ  NMS   COMMON  US02079K1079  BBG009S3NB30  310  {INTERNET}/Web Portals/ISP  ALPHABET INC-CL C
107113386  META  NASDAQ  NMS   COMMON  US30303M1027  BBG000MM2P62  640  {INTERNET}/Internet Content-Entmnt  META PLATFORMS INC-CLASS A
76792991   TSLA  NASDAQ  NMS   COMMON  US88160R1014  BBG000N9MNX3  430  Consumer, Cyclical/Auto Manufacturers/Auto-Cars/Light Trucks  TESLA INC
4391       AMD   NASDAQ  NMS   COMMON  US0079031078  BBG000BBQCY0  215  {CHIPS}/Electronic Compo-Semicon  ADVANCED MICRO DEVICES
8314       IBM   NYSE    IBM   COMMON  US4592001014  BBG000BLNNH6  300  Technology/Computers/Computer Services  INTL BUSINESS MACHINES CORP
10098      BAC   NYSE    BAC   COMMON  US0605051046  BBG000BCTLF6  53  Financial/Banks/Diversified Banking Inst  BANK OF AMERICA CORP
756733     SPY   ARCA    SPY   ETF     US78462F1030  BBG000BDTBL9  680  //  SS SPDR S&P 500 ETF TRUST-US
320227571  QQQ   NASDAQ  NMS   ETF     US46090E1038  BBG000BSWKH7  615  //  INVESCO QQQ TRUST SERIES 1
"""  # noqa: E501

# conId, symbol, primary exchange, class, currency, exchanges, ISIN, name
_FOREIGN_STOCKS = """
38708077   AAPL  MEXI  USA   MXN  MEXI          US0378331005  APPLE INC
273982664  AAPL  EBS   AAPL  CHF  SMART,EBS     US0378331005  APPLE INC
532640894  AAPL  TSE   AAPL  CAD  SMART,TSE     CA03785Y1007  APPLE INC-CDR
"""
_FOREIGN_PRICES = {"MXN": 5750, "CHF": 250, "CAD": 44}


def _us_stock(line: str) -> Instrument:
    con_id, symbol, primary, trading_class, stock_type, isin, figi, price, rest = line.split(
        None, 8
    )
    sector, name = rest.rsplit("  ", 1)
    industry, category, subcategory = sector.strip().split("/", 2)
    return Stock(
        conId=int(con_id),
        symbol=symbol,
        secType="STK",
        currency="USD",
        primaryExchange=primary,
        localSymbol=symbol,
        tradingClass=trading_class,
        exchanges=tuple(US_EXCHANGES.split(",")),
        longName=name,
        scale=10_000,
        tick=100,
        marketName=trading_class,
        stockType=stock_type,
        industry=industry,
        category=category,
        subcategory=subcategory,
        isin=isin,
        market_rule=4563,
        reference=int(price) * 10_000,
        cusip=isin[2:11],
        figi=figi,
    )


def _foreign_stock(line: str) -> Instrument:
    con_id, symbol, primary, trading_class, currency, exchanges, isin, name = line.split(None, 7)
    return Stock(
        conId=int(con_id),
        symbol=symbol,
        secType="STK",
        currency=currency,
        primaryExchange=primary,
        localSymbol=symbol,
        tradingClass=trading_class,
        exchanges=tuple(exchanges.split(",")),
        longName=name,
        scale=10_000,
        tick=100,
        marketName=trading_class,
        stockType="COMMON",
        industry="Technology",
        category="Computers",
        subcategory="Computers",
        isin=isin,
        reference=_FOREIGN_PRICES[currency] * 10_000,
    )


EURUSD = CurrencyPair(
    conId=12087792,
    symbol="EUR",
    secType="CASH",
    currency="USD",
    primaryExchange="",
    localSymbol="EUR.USD",
    tradingClass="EUR.USD",
    exchanges=("IDEALPRO",),
    longName="European Monetary Union Euro",
    scale=100_000,
    tick=5,
    marketName="EUR.USD",
    market_rule=3188,
    reference=115_000,
    sizes=CENTS,
)


def _catalogue() -> Instruments:
    stocks = [_us_stock(line) for line in _US_STOCKS.strip().splitlines()]
    foreign = [_foreign_stock(line) for line in _FOREIGN_STOCKS.strip().splitlines()]
    return Instruments([*stocks, *foreign, EURUSD], Catalogue(_lines))


def _lines() -> bytes:
    return Path(__file__).with_name("catalogue.tsv.gz").read_bytes()


CATALOGUE = _catalogue()
"""Every instrument that the venue knows without being told: these few, and the long catalogue with
the chains and curves of rules, of which nothing is read or made before it is asked for."""
