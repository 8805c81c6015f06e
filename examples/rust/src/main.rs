//! A market order with the crate `ibapi` 3 against a Papertape station: `cargo run -- 7497`
//!
//! The crate speaks protobuf only, so the station must offer server version 213 or newer, which it
//! does unless `--max-server-version` says otherwise.

use std::sync::Arc;
use std::{env, thread, time::Duration};

use ibapi::client::blocking::Client;
use ibapi::prelude::*;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = env::args().nth(1).unwrap_or_else(|| "7497".into());
    let client = Arc::new(Client::connect(&format!("127.0.0.1:{port}"), 23)?);
    println!("server time {:?}", client.server_time()?);

    let listening = Arc::clone(&client);
    let updates = thread::spawn(move || {
        let stream = listening
            .order_update_stream()
            .expect("no stream of orders");
        for update in stream.iter_data() {
            match update {
                Ok(OrderUpdate::ExecutionData(data)) => println!(
                    "bought {} {} at {}",
                    data.execution.shares, data.contract.symbol, data.execution.price
                ),
                Ok(OrderUpdate::CommissionReport(report)) => {
                    println!("commission {}", report.commission);
                    return;
                }
                Ok(_) => {}
                Err(error) => panic!("{error}"),
            }
        }
    });
    thread::sleep(Duration::from_millis(200)); // the stream begins with what comes after it

    let spy = Contract::stock("SPY").build();
    client.order(&spy).buy(100).market().submit()?;
    updates.join().map_err(|_| "the order was not filled")?;
    Ok(())
}
