// A quote and a market order with @stoqey/ib:  node first_order.mjs [PORT] [HOST]
//
// Every step is awaited, and the program ends with an error instead of waiting for ever.
import { EventName, IBApi, OrderAction, OrderType, SecType } from "@stoqey/ib";

const port = Number(process.argv[2] ?? 7497);
const host = process.argv[3] ?? "127.0.0.1";
const SPY = { symbol: "SPY", secType: SecType.STK, exchange: "SMART", currency: "USD" };
const PATIENCE_MS = 20_000;
const CONNECT_FAIL = 502;

const tws = new IBApi({ host, port, clientId: 21 });

/** Rejects when there is no connection; nothing else needs to be waited for then. */
const lost = new Promise((_, reject) => {
  tws.on(EventName.error, (error, code, id) => {
    if (code === CONNECT_FAIL) reject(error);
    else if (code < 2100 || code >= 2200) console.error(`${code} about ${id}: ${error.message}`);
  });
});

/** Resolves with what `take` returns for an event, once that is not undefined. */
function until(event, take) {
  const told = new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error(`no ${event} within 20 s`)), PATIENCE_MS);
    const look = (...facts) => {
      const found = take(...facts);
      if (found === undefined) return;
      clearTimeout(late);
      tws.off(event, look);
      resolve(found);
    };
    tws.on(event, look);
  });
  return Promise.race([told, lost]);
}

try {
  const ready = until(EventName.nextValidId, (id) => id);
  tws.connect();
  const orderId = await ready;

  const BID = 1;
  const quote = until(EventName.tickPrice, (id, type, price) =>
    id === 1 && type === BID ? price : undefined,
  );
  tws.reqMktData(1, SPY, "", false, false);
  console.log(`SPY bid ${await quote}`);
  tws.cancelMktData(1);

  const filled = until(EventName.orderStatus, (id, status, shares, _, price) =>
    id === orderId && status === "Filled" ? { shares, price } : undefined,
  );
  const charged = until(EventName.commissionReport, (report) => report.commission);
  tws.placeOrder(orderId, SPY, {
    action: OrderAction.BUY,
    orderType: OrderType.MKT,
    totalQuantity: 100,
    transmit: true,
  });
  const { shares, price } = await filled;
  console.log(`bought ${shares} SPY at ${price}, commission ${await charged}`);
} catch (error) {
  console.error(String(error));
  process.exitCode = 1;
} finally {
  tws.disconnect();
  process.exit(); // timers of what was not waited for
}
