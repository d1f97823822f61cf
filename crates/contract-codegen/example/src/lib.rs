//! A service made with contract-codegen: notes, in memory. Subscribers are told of every new note.

pub mod client;
pub mod server;

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use actix_web::HttpRequest;
use actix_web::web::{Data, ServiceConfig};
use chrono::Utc;
use contract_runtime::client::Client;
use contract_runtime::server::{Authenticate, Credential, Presented, Rejection};

use server::models::{Color, NewNote, Note, Problem};
use server::notes::*;
use server::security::Scheme;
use server::subscriptions::*;
use server::webhooks::WebhooksClient;

/// The notes, and the URLs of those who want to know about them.
pub struct Notes {
    notes: Mutex<BTreeMap<i64, Note>>,
    subscribers: Mutex<Vec<String>>,
    webhooks: WebhooksClient,
}

/// An error of our own: `?` turns it into the failure that the contract names.
struct NoSuchNote(i64);

impl NoSuchNote {
    fn problem(&self) -> Problem {
        Problem {
            title: "Not Found".into(),
            status: 404,
            detail: Some(format!("there is no note {}", self.0)),
        }
    }
}

impl From<NoSuchNote> for GetNoteFailure {
    fn from(error: NoSuchNote) -> Self {
        Self::NotFound(error.problem())
    }
}

impl From<NoSuchNote> for DeleteNoteFailure {
    fn from(error: NoSuchNote) -> Self {
        Self::NotFound(error.problem())
    }
}

impl Notes {
    /// No notes yet; `client` tells the subscribers.
    pub fn new(client: Client) -> Self {
        Self {
            notes: Mutex::default(),
            subscribers: Mutex::default(),
            webhooks: WebhooksClient(client),
        }
    }

    fn add(&self, new: NewNote) -> Note {
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let id = notes.keys().next_back().map_or(1, |last| last + 1);
        let note = Note {
            id,
            text: new.text,
            color: new.color.unwrap_or(Color::Yellow),
            created_at: Utc::now(),
        };
        notes.insert(id, note.clone());
        note
    }

    fn find(&self, id: i64) -> Result<Note, NoSuchNote> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.get(&id).cloned().ok_or(NoSuchNote(id))
    }
}

impl NotesApi for Notes {
    type Caller = ();

    async fn list_notes(
        &self,
        _caller: (),
        parameters: ListNotesParameters,
    ) -> Result<ListNotesSuccess, ListNotesFailure> {
        let notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = |note: &&Note| parameters.color.is_none_or(|color| note.color == color);
        let limit = usize::try_from(parameters.limit).unwrap_or_default();
        let found = notes.values().rev().filter(wanted).take(limit);
        Ok(ListNotesSuccess::Ok(found.cloned().collect()))
    }

    async fn create_note(
        &self,
        _caller: (),
        body: NewNote,
    ) -> Result<CreateNoteSuccess, CreateNoteFailure> {
        let note = self.add(body);
        let subscribers = self
            .subscribers
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        for url in subscribers {
            if let Err(error) = self.webhooks.note_created(&url, note.clone()).await {
                println!("a subscriber was not told: {error}");
            }
        }
        Ok(CreateNoteSuccess::Created {
            location: format!("/notes/{}", note.id),
            body: note,
        })
    }

    async fn get_note(
        &self,
        _caller: (),
        parameters: GetNoteParameters,
    ) -> Result<GetNoteSuccess, GetNoteFailure> {
        Ok(GetNoteSuccess::Ok(self.find(parameters.id)?))
    }

    async fn delete_note(
        &self,
        _caller: (),
        parameters: DeleteNoteParameters,
    ) -> Result<DeleteNoteSuccess, DeleteNoteFailure> {
        self.find(parameters.id)?;
        let mut notes = self.notes.lock().unwrap_or_else(PoisonError::into_inner);
        notes.remove(&parameters.id);
        Ok(DeleteNoteSuccess::NoContent)
    }
}

impl SubscriptionsApi for Notes {
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
pub fn configure(service: &mut ServiceConfig, keys: &Data<Keys>, notes: &Data<Notes>) {
    server::configure(service, keys, notes, notes);
}
