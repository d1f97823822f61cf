//! The service, asked with its own client, and a subscriber that is told.

use std::sync::Mutex;

use actix_web::web::{Data, scope};
use actix_web::{App, HttpServer};
use books::client::Client;
use books::client::books::*;
use books::client::models::{Book, Color, NewBook, SubscribeRequest};
use books::client::webhooks::{self, BookCreatedFailure, BookCreatedSuccess, WebhooksApi};
use books::{Books, Keys};
use contract_runtime::Credential;
use contract_runtime::client::{self, Error};

fn connected(url: &str, key: &str) -> Client {
    let client = client::Client::builder(url).credential("Key", Credential::ApiKey(key.into()));
    Client::new(client.build().unwrap())
}

/// Keeps what it is told.
#[derive(Default)]
struct Subscriber(Mutex<Vec<Book>>);

impl WebhooksApi for Subscriber {
    async fn book_created(&self, body: Book) -> Result<BookCreatedSuccess, BookCreatedFailure> {
        self.0.lock().unwrap().push(body);
        Ok(BookCreatedSuccess::NoContent)
    }
}

#[actix_web::test]
async fn a_book_is_written_read_told_and_deleted() {
    let subscriber = Data::new(Subscriber::default());
    let books = Data::new(Books::new(
        client::Client::builder("http://localhost").build().unwrap(),
    ));
    let keys = Data::new(Keys("secret".into()));
    let receiver = subscriber.clone();
    let server = HttpServer::new(move || {
        let hooks = scope("/hooks").configure(|service| webhooks::configure(service, &receiver));
        App::new()
            .service(hooks)
            .configure(|service| books::configure(service, &keys, &books))
    });
    let server = server.workers(1).bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    let running = server.run();
    let handle = running.handle();
    let running = actix_web::rt::spawn(running);

    let api = connected(&url, "secret");
    let subscription = SubscribeRequest {
        url: format!("{url}/hooks/book_created"),
    };
    api.subscriptions.subscribe(subscription).await.unwrap();

    let new = NewBook {
        title: "Äpfel, \"two\" & more".into(),
        color: Some(Color::Green),
    };
    let CreateBookSuccess::Created {
        location,
        body: book,
    } = api.books.create_book(new).await.unwrap();
    assert_eq!(location, format!("/books/{}", book.id));
    assert_eq!(*subscriber.0.lock().unwrap(), [book.clone()]);

    let GetBookSuccess::Ok(read) = api
        .books
        .get_book(GetBookParameters { id: book.id })
        .await
        .unwrap();
    assert_eq!(read, book);
    let green = ListBooksParameters {
        color: Some(Color::Green),
        limit: None,
    };
    let ListBooksSuccess::Ok(found) = api.books.list_books(green).await.unwrap();
    assert_eq!(found, [book.clone()]);
    // A color that only a later version has: sent as it is, and refused by this one.
    let later = ListBooksParameters {
        color: Some(Color::Unknown("red".into())),
        limit: None,
    };
    let refused = api.books.list_books(later).await.unwrap_err();
    assert!(
        matches!(refused, Error::Failure(ListBooksFailure::BadRequest(_))),
        "{refused}"
    );

    api.books
        .delete_book(DeleteBookParameters { id: book.id })
        .await
        .unwrap();
    let gone = api
        .books
        .get_book(GetBookParameters { id: book.id })
        .await
        .unwrap_err();
    let Error::Failure(GetBookFailure::NotFound(problem)) = gone else {
        panic!("{gone}")
    };
    assert_eq!(problem.status, 404);

    // The contract of this service does not name the 401 that every server gives.
    let stranger = connected(&url, "guessed");
    let refused = stranger
        .books
        .get_book(GetBookParameters { id: 1 })
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Error::Undeclared(ref response) if response.status == 401),
        "{refused}"
    );

    handle.stop(true).await;
    running.await.unwrap().unwrap();
}
