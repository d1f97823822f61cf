//! Serves the books on `LISTEN`, for those who have the key in `API_KEY`.

use actix_web::web::Data;
use actix_web::{App, HttpServer};
use books::{Books, Keys, configure};
use contract_runtime::client::Client;

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let setting = |name, default: &str| std::env::var(name).unwrap_or_else(|_| default.into());
    let address = setting("LISTEN", "127.0.0.1:8080");
    let keys = Data::new(Keys(setting("API_KEY", "secret")));
    let books = Data::new(Books::new(Client::builder("http://localhost").build()?));
    let server =
        HttpServer::new(move || App::new().configure(|service| configure(service, &keys, &books)))
            .bind(&address)?;
    println!("ready http://{address}");
    server.run().await?;
    Ok(())
}
