//! A service made with contract-codegen: books, in memory. Subscribers are told of every new book.

pub mod client;
pub mod server;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use actix_web::HttpRequest;
use actix_web::web::{Data, ServiceConfig};
use chrono::Utc;
use contract_runtime::client::Client;
use contract_runtime::server::{Authenticate, Credential, Presented, Rejection};

use server::models::{Color, NewBook, Book, Problem};
use server::books::*;
use server::security::Scheme;
use server::subscriptions::*;
use server::webhooks::WebhooksClient;

/// The books, and the URLs of those who want to know about them.
pub struct Books {
    books: Mutex<BTreeMap<i64, Book>>,
    subscribers: Mutex<Vec<String>>,
    webhooks: WebhooksClient,
}

/// An error of our own: `?` turns it into the failure that the contract names.
struct NoSuchBook(i64);

impl NoSuchBook {
    fn problem(&self) -> Problem {
        Problem {
            title: "Not Found".into(),
            status: 404,
            detail: Some(format!("there is no book {}", self.0)),
        }
    }
}

impl From<NoSuchBook> for GetBookFailure {
    fn from(error: NoSuchBook) -> Self {
        Self::NotFound(error.problem())
    }
}

impl From<NoSuchBook> for DeleteBookFailure {
    fn from(error: NoSuchBook) -> Self {
        Self::NotFound(error.problem())
    }
}

impl Books {
    /// No books yet; `client` tells the subscribers.
    pub fn new(client: Client) -> Self {
        Self {
            books: Mutex::default(),
            subscribers: Mutex::default(),
            webhooks: WebhooksClient(client),
        }
    }

    fn add(&self, new: NewBook) -> Book {
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let id = books.keys().next_back().map_or(1, |last| last + 1);
        let book = Book {
            id,
            title: new.title,
            color: new.color.unwrap_or(Color::Yellow),
            created_at: Utc::now(),
        };
        books.insert(id, book.clone());
        book
    }

    fn find(&self, id: i64) -> Result<Book, NoSuchBook> {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.get(&id).cloned().ok_or(NoSuchBook(id))
    }
}

impl BooksApi for Books {
    type Caller = ();

    async fn list_books(
        &self,
        _caller: (),
        parameters: ListBooksParameters,
    ) -> Result<ListBooksSuccess, ListBooksFailure> {
        let books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |book: &&Book| parameters.color.is_none_or(|color| book.color == color);
        let limit = usize::try_from(parameters.limit).unwrap_or_default();
        let found = books.values().rev().filter(wanted).take(limit);
        Ok(ListBooksSuccess::Ok(found.cloned().collect()))
    }

    async fn create_book(
        &self,
        _caller: (),
        body: NewBook,
    ) -> Result<CreateBookSuccess, CreateBookFailure> {
        let book = self.add(body);
        let subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for url in subscribers {
            if let Err(error) = self.webhooks.book_created(&url, book.clone()).await {
                println!("a subscriber was not told: {error}");
            }
        }
        Ok(CreateBookSuccess::Created {
            location: format!("/books/{}", book.id),
            body: book,
        })
    }

    async fn get_book(
        &self,
        _caller: (),
        parameters: GetBookParameters,
    ) -> Result<GetBookSuccess, GetBookFailure> {
        Ok(GetBookSuccess::Ok(self.find(parameters.id)?))
    }

    async fn delete_book(
        &self,
        _caller: (),
        parameters: DeleteBookParameters,
    ) -> Result<DeleteBookSuccess, DeleteBookFailure> {
        self.find(parameters.id)?;
        let mut books = self.books.lock().unwrap_or_else(PoisonError::into_inner);
        books.remove(&parameters.id);
        Ok(DeleteBookSuccess::NoContent)
    }
}

impl SubscriptionsApi for Books {
    type Caller = ();

    async fn subscribe(
        &self,
        _caller: (),
        body: server::models::SubscribeRequest,
    ) -> Result<SubscribeSuccess, SubscribeFailure> {
        let mut all = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.push(body.url);
        Ok(SubscribeSuccess::NoContent)
    }
}

/// Accepts one API key.
pub struct Keys(pub String);

impl Authenticate for Keys {
    type Scheme = Scheme;
    type Caller = ();

    async fn authenticate(
        &self,
        _request: &HttpRequest,
        presented: &[Presented<Scheme>],
    ) -> Result<(), Rejection> {
        match presented {
            [
                Presented {
                    credential: Credential::ApiKey(key),
                    ..
                },
            ] if *key == self.0 => Ok(()),
            _ => Err(Rejection::unauthorized("the API key is not valid")),
        }
    }
}

/// Adds every route of the contract.
pub fn configure(service: &mut ServiceConfig, keys: &Data<Keys>, books: &Data<Books>) {
    server::configure(service, keys, books, books);
}
