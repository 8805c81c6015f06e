"""News: bulletins, headlines as ticks, past headlines, articles, providers."""

from ...model import Long, NewsProvider, TagValue
from ..layout import each, since, version
from ..message import Message, request, response


@request(12, version(1), protobuf=209, proto_name="NewsBulletinsRequest",
         callback="reqNewsBulletins")  # fmt: skip
class ReqNewsBulletins(Message):
    """Subscribes to bulletins; ``allMessages`` adds those of today."""

    allMessages: bool = False


@request(13, version(1), protobuf=209, callback="cancelNewsBulletins", cancels=ReqNewsBulletins)
class CancelNewsBulletins(Message):
    """Ends the subscription to bulletins."""


@response(14, version(1), protobuf=209, escaped=153, callback="updateNewsBulletin")
class NewsBulletin(Message):
    """A bulletin: 1 general, 2 an exchange is not available, 3 it is again."""

    newsMsgId: int = 0
    newsMsgType: int = 0
    newsMessage: str = ""
    originatingExch: str = ""


@response(84, since=113, protobuf=209, callback="tickNews")
class TickNews(Message):
    """A headline as a tick; ``timestamp`` in milliseconds since the epoch."""

    reqId: int = 0
    timestamp: Long = 0
    providerCode: str = ""
    articleId: str = ""
    headline: str = ""
    extraData: str = ""


@request(85, since=115, protobuf=209, proto_name="NewsProvidersRequest",
         callback="reqNewsProviders")  # fmt: skip
class ReqNewsProviders(Message):
    """Asks for the sources that the login may read."""


@response(85, each("newsProviders", NewsProvider, "code", "name"), since=115, protobuf=209,
          callback="newsProviders")  # fmt: skip
class NewsProviders(Message):
    """The sources of news."""

    newsProviders: list[NewsProvider] = []


@request(84, "reqId", "providerCode", "articleId", since(128, "newsArticleOptions"), since=116,
         protobuf=209, proto_name="NewsArticleRequest", callback="reqNewsArticle")  # fmt: skip
class ReqNewsArticle(Message):
    """Asks for the text of an article."""

    reqId: int = 0
    providerCode: str = ""
    articleId: str = ""
    newsArticleOptions: list[TagValue] = []


@response(83, since=116, protobuf=209, callback="newsArticle")
class NewsArticle(Message):
    """An article: type 0 text or HTML, 1 binary in base 64."""

    reqId: int = 0
    articleType: int = 0
    articleText: str = ""


@request(86, "reqId", "conId", "providerCodes", "startDateTime", "endDateTime", "totalResults",
         since(128, "historicalNewsOptions"), since=117, protobuf=209,
         proto_name="HistoricalNewsRequest", callback="reqHistoricalNews")  # fmt: skip
class ReqHistoricalNews(Message):
    """Asks for past headlines; provider codes are joined with ``+``."""

    reqId: int = 0
    conId: int = 0
    providerCodes: str = ""
    startDateTime: str = ""
    endDateTime: str = ""
    totalResults: int = 0
    historicalNewsOptions: list[TagValue] = []


@response(86, since=117, protobuf=209, callback="historicalNews")
class HistoricalNews(Message):
    """A past headline; ``time`` as ``YYYY-MM-DD HH:MM:SS.0``, UTC."""

    reqId: int = 0
    time: str = ""
    providerCode: str = ""
    articleId: str = ""
    headline: str = ""


@response(87, since=117, protobuf=209, callback="historicalNewsEnd")
class HistoricalNewsEnd(Message):
    """No more headlines in this answer."""

    reqId: int = 0
    hasMore: bool = False
