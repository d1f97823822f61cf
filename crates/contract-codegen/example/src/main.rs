//! Serves the notes on `LISTEN`, for those who have the key in `API_KEY`.

use actix_web::web::Data;
use actix_web::{App, HttpServer};
use contract_runtime::client::Client;
use notes::{Keys, Notes, configure};

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let setting = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    let address = setting("LISTEN", "127.0.0.1:8080");
    let keys = Data::new(Keys(setting("API_KEY", "secret")));
    let notes = Data::new(Notes::new(Client::builder("http://localhost").build()?));
    let server =
        HttpServer::new(move || App::new().configure(|service| configure(service, &keys, &notes)))
            .bind(&address)?;
    println!("ready http://{address}");
    server.run().await?;
    Ok(())
}
