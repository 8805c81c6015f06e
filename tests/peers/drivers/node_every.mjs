// Calls every request of @stoqey/ib, and says how each call ended:
//
//     node node_every.mjs PORT CLIENT_ID
//
// One JSON object a line: the call, whether it ended, the events that came, the codes of errors. A
// call has ended when the event that ends it has come, or an error about it. What nothing answers
// has ended when the next reqCurrentTime is answered: the session goes on. A method of the library
// without a row is told as {"missing": name}.
import { EventName, IBApi, ScanCode } from "@stoqey/ib";

const [port, clientId] = process.argv.slice(2).map(Number);
const LIMIT_MS = 20_000;
const QUIET_MS = 300;
const FIRST_ID = 1000;
const NOISE = new Set(["all", "received", "sent", "result"]);
const CONNECTION = new Set(["constructor", "serverVersion", "isConnected", "disableUseV100Plus",
  "connect", "disconnect"]);
const tws = new IBApi({ host: "127.0.0.1", port, clientId });

const stock = { conId: 265598, symbol: "AAPL", secType: "STK", exchange: "SMART", currency: "USD" };
const listed = { ...stock, exchange: "NASDAQ" };
const option = { symbol: "AAPL", secType: "OPT", exchange: "SMART", currency: "USD", strike: 250,
  right: "C", lastTradeDateOrContractMonth: "20261218", multiplier: 100 };
const scan = { numberOfRows: 5, instrument: "STOCK.EU", locationCode: "STK.EU.AEB",
  scanCode: ScanCode.MOST_ACTIVE };
const limit = { action: "BUY", orderType: "LMT", totalQuantity: 1, lmtPrice: 1, tif: "DAY",
  transmit: true };
const SILENT = "currentTime";
let account = "", nextId = 0, lastOrder = 0;

/** Each method: the events that end it, and its arguments behind the id that it is given. */
const calls = {
  reqCurrentTime: [["currentTime"], () => []],
  reqManagedAccts: [["managedAccounts"], () => []],
  reqIds: [["nextValidId"], () => []],
  setServerLogLevel: [[SILENT], () => [2]],
  reqUserInfo: [["userInfo"], (id) => [id]],
  reqFamilyCodes: [["familyCodes"], () => []],
  reqSoftDollarTiers: [["softDollarTiers"], (id) => [id]],
  requestFA: [["receiveFA"], () => [1]],
  replaceFA: [["replaceFAEnd"], (id) => [id, 1, "<ListOfGroups/>"]],
  reqContractDetails: [["contractDetailsEnd"], (id) => [id, stock]],
  reqMatchingSymbols: [["symbolSamples"], (id) => [id, "AAP"]],
  reqMarketRule: [["marketRule"], () => [26]],
  reqMktDepthExchanges: [["mktDepthExchanges"], () => []],
  reqSmartComponents: [["smartComponents"], (id) => [id, "9c0001"]],
  reqSecDefOptParams: [["securityDefinitionOptionParameterEnd"],
    (id) => [id, "AAPL", "", "STK", 265598]],
  reqMarketDataType: [[SILENT], () => [1]],
  reqMktData: [["tickPrice"], (id) => [id, stock, "", false, false]],
  cancelMktData: [[SILENT], (_, of) => [of("reqMktData")]],
  reqMktDepth: [["updateMktDepth", "updateMktDepthL2"], (id) => [id, listed, 5, false]],
  cancelMktDepth: [[SILENT], (_, of) => [of("reqMktDepth"), false]],
  reqTickByTickData: [["tickByTickBidAsk"], (id) => [id, stock, "BidAsk", 5, false]],
  cancelTickByTickData: [[SILENT], (_, of) => [of("reqTickByTickData")]],
  reqRealTimeBars: [["realtimeBar"], (id) => [id, stock, 5, "TRADES", false]],
  cancelRealTimeBars: [[SILENT], (_, of) => [of("reqRealTimeBars")]],
  reqHistoricalData: [["historicalData"],
    (id) => [id, stock, "", "1 D", "1 hour", "TRADES", 1, 1, false]],
  cancelHistoricalData: [["error"], (_, of) => [of("reqHistoricalData")]],
  reqHistoricalTicks: [["historicalTicksLast"],
    (id) => [id, stock, "20260410 15:00:00 US/Eastern", "", 10, "TRADES", 0, false]],
  reqHeadTimestamp: [["headTimestamp"], (id) => [id, stock, "TRADES", true, 1]],
  cancelHeadTimestamp: [[SILENT], (_, of) => [of("reqHeadTimestamp")]],
  reqHistogramData: [["histogramData"], (id) => [id, stock, true, 1, "day"]],
  cancelHistogramData: [[SILENT], (_, of) => [of("reqHistogramData")]],
  calculateImpliedVolatility: [["tickOptionComputation"], (id) => [id, option, 9, 250]],
  cancelCalculateImpliedVolatility: [[SILENT], (_, of) => [of("calculateImpliedVolatility")]],
  calculateOptionPrice: [["tickOptionComputation"], (id) => [id, option, 0.3, 250]],
  cancelCalculateOptionPrice: [[SILENT], (_, of) => [of("calculateOptionPrice")]],
  reqFundamentalData: [["fundamentalData"], (id) => [id, stock, "ReportSnapshot"]],
  cancelFundamentalData: [[SILENT], (_, of) => [of("reqFundamentalData")]],
  reqScannerParameters: [["scannerParameters"], () => []],
  reqScannerSubscription: [["scannerDataEnd"], (id) => [id, scan]],
  cancelScannerSubscription: [["error"], (_, of) => [of("reqScannerSubscription")]],
  reqNewsProviders: [["newsProviders"], () => []],
  reqHistoricalNews: [["historicalNewsEnd"], (id) => [id, 265598, "BRFG", "", "", 10]],
  reqNewsArticle: [["newsArticle"], (id) => [id, "BRFG", "BRFG$1"]],
  reqNewsBulletins: [[SILENT], () => [true]],
  cancelNewsBulletins: [[SILENT], () => []],
  reqWshMetaData: [["wshMetaData"], (id) => [id]],
  reqCancelWshMetaData: [[SILENT], (_, of) => [of("reqWshMetaData")]],
  reqWshEventData: [["wshEventData"], (id) => [id, 265598]],
  reqCancelWshEventData: [[SILENT], (_, of) => [of("reqWshEventData")]],
  queryDisplayGroups: [["displayGroupList"], (id) => [id]],
  subscribeToGroupEvents: [["displayGroupUpdated"], (id) => [id, 1]],
  updateDisplayGroup: [["displayGroupUpdated"],
    (_, of) => [of("subscribeToGroupEvents"), "265598@SMART"]],
  unsubscribeFromGroupEvents: [[SILENT], (_, of) => [of("subscribeToGroupEvents")]],
  reqPositions: [["positionEnd"], () => []],
  cancelPositions: [[SILENT], () => []],
  reqPositionsMulti: [["positionMultiEnd"], (id) => [id, account, ""]],
  cancelPositionsMulti: [[SILENT], (_, of) => [of("reqPositionsMulti")]],
  reqAccountUpdates: [["accountDownloadEnd"], () => [true, account]],
  reqAccountUpdatesMulti: [["accountUpdateMultiEnd"], (id) => [id, account, "", false]],
  cancelAccountUpdatesMulti: [[SILENT], (_, of) => [of("reqAccountUpdatesMulti")]],
  reqAccountSummary: [["accountSummaryEnd"], (id) => [id, "All", "NetLiquidation"]],
  cancelAccountSummary: [[SILENT], (_, of) => [of("reqAccountSummary")]],
  reqPnL: [["pnl"], (id) => [id, account, ""]],
  cancelPnL: [[SILENT], (_, of) => [of("reqPnL")]],
  reqPnLSingle: [[SILENT], (id) => [id, account, "", 265598]],
  cancelPnLSingle: [[SILENT], (_, of) => [of("reqPnLSingle")]],
  reqOpenOrders: [["openOrderEnd"], () => []],
  reqAllOpenOrders: [["openOrderEnd"], () => []],
  reqAutoOpenOrders: [[SILENT], () => [false]],
  reqCompletedOrders: [["completedOrdersEnd"], () => [false]],
  reqExecutions: [["execDetailsEnd"], (id) => [id, {}]],
  placeOrder: [["orderStatus"], () => [(lastOrder = nextId++), stock, limit]],
  cancelOrder: [["orderStatus"], () => [lastOrder]],
  exerciseOptions: [["orderStatus"], () => [nextId++, option, 1, 1, account, 0]],
  reqGlobalCancel: [[SILENT], () => []],
};

const ids = {};
let current = null;

/** Every event, by its name; those that are about another request than the current one are not. */
function heard(name, ...facts) {
  if (!current) return;
  if (name === "error") {
    const [, code, id] = facts;
    if (code >= 2100 && code < 2200) return;
    if (current.about.has(id)) current.errors.push(code);
    if (current.about.has(id) && !current.waitsOn(code)) current.end();
    return;
  }
  const [first] = facts;
  const named = typeof first === "number" && name !== SILENT && first >= FIRST_ID;
  const foreign = named && first < FIRST_ID + 1000 && !current.about.has(first);
  if (foreign) return;
  current.events.add(name);
  if (name === "historicalData" && !String(facts[1]).startsWith("finished")) return;
  if (current.ends.includes(name)) current.end();
}

const WARNINGS = new Set([10349, 10167, 399]);

async function call(name, [ends, make]) {
  const id = FIRST_ID + Object.keys(ids).length;
  ids[name] = id;
  const about = new Set([id, -1]);
  const events = new Set();
  const errors = [];
  const made = make(id, (other) => {
    about.add(ids[other]);
    return ids[other];
  });
  if (typeof made[0] === "number") about.add(made[0]);
  let timer;
  const ended = await new Promise((resolve) => {
    timer = setTimeout(() => resolve(false), LIMIT_MS);
    const silent = ends.includes(SILENT);
    current = {
      about, events, errors, ends, end: () => resolve(true),
      waitsOn: (code) => WARNINGS.has(code) || silent,
    };
    tws[name](...made);
    if (silent && name !== "reqCurrentTime") tws.reqCurrentTime();
  });
  clearTimeout(timer);
  current = null;
  console.log(JSON.stringify({ call: name, ended, events: [...events].sort(), errors }));
}

for (const name of Object.values(EventName)) {
  if (!NOISE.has(name)) tws.on(name, (...facts) => heard(name, ...facts));
}
const ready = new Promise((resolve, reject) => {
  tws.once(EventName.nextValidId, (id) => ((nextId = id), resolve()));
  tws.once(EventName.managedAccounts, (list) => (account = list.split(",")[0]));
  setTimeout(() => reject(new Error("no nextValidId")), LIMIT_MS);
});
tws.connect();
await ready;
await new Promise((resolve) => setTimeout(resolve, QUIET_MS));
for (const name of Object.getOwnPropertyNames(IBApi.prototype)) {
  if (!CONNECTION.has(name) && !(name in calls)) console.log(JSON.stringify({ missing: name }));
}
for (const [name, row] of Object.entries(calls)) await call(name, row);
tws.disconnect();
process.exit();
