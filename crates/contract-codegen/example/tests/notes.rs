//! The service, asked with its own client, and a subscriber that is told.

use std::sync::Mutex;

use actix_web::web::{Data, scope};
use actix_web::{App, HttpServer};
use contract_runtime::Credential;
use contract_runtime::client::{self, Error};
use notes::client::Client;
use notes::client::models::{Color, NewNote, Note, SubscribeRequest};
use notes::client::notes::*;
use notes::client::webhooks::{self, NoteCreatedFailure, NoteCreatedSuccess, WebhooksApi};
use notes::{Keys, Notes};

fn connected(url: &str, key: &str) -> Client {
    let client = client::Client::builder(url).credential("Key", Credential::ApiKey(key.into()));
    Client::new(client.build().unwrap())
}

/// Keeps what it is told.
#[derive(Default)]
struct Subscriber(Mutex<Vec<Note>>);

impl WebhooksApi for Subscriber {
    async fn note_created(&self, body: Note) -> Result<NoteCreatedSuccess, NoteCreatedFailure> {
        self.0.lock().unwrap().push(body);
        Ok(NoteCreatedSuccess::NoContent)
    }
}

#[actix_web::test]
async fn a_note_is_written_read_told_and_deleted() {
    let subscriber = Data::new(Subscriber::default());
    let notes = Data::new(Notes::new(
        client::Client::builder("http://localhost").build().unwrap(),
    ));
    let keys = Data::new(Keys("secret".into()));
    let receiver = subscriber.clone();
    let server = HttpServer::new(move || {
        let hooks = scope("/hooks").configure(|service| webhooks::configure(service, &receiver));
        App::new()
            .service(hooks)
            .configure(|service| notes::configure(service, &keys, &notes))
    });
    let server = server.workers(1).bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", server.addrs()[0]);
    let running = server.run();
    let handle = running.handle();
    let running = actix_web::rt::spawn(running);

    let api = connected(&url, "secret");
    let subscription = SubscribeRequest {
        url: format!("{url}/hooks/note_created"),
    };
    api.subscriptions.subscribe(subscription).await.unwrap();

    let new = NewNote {
        text: "Äpfel, \"two\" & more".into(),
        color: Some(Color::Green),
    };
    let CreateNoteSuccess::Created {
        location,
        body: note,
    } = api.notes.create_note(new).await.unwrap();
    assert_eq!(location, format!("/notes/{}", note.id));
    assert_eq!(*subscriber.0.lock().unwrap(), [note.clone()]);

    let GetNoteSuccess::Ok(read) = api
        .notes
        .get_note(GetNoteParameters { id: note.id })
        .await
        .unwrap();
    assert_eq!(read, note);
    let green = ListNotesParameters {
        color: Some(Color::Green),
        limit: None,
    };
    let ListNotesSuccess::Ok(found) = api.notes.list_notes(green).await.unwrap();
    assert_eq!(found, [note.clone()]);
    // A color that only a later version has: sent as it is, and refused by this one.
    let later = ListNotesParameters {
        color: Some(Color::Unknown("red".into())),
        limit: None,
    };
    let refused = api.notes.list_notes(later).await.unwrap_err();
    assert!(
        matches!(refused, Error::Failure(ListNotesFailure::BadRequest(_))),
        "{refused}"
    );

    api.notes
        .delete_note(DeleteNoteParameters { id: note.id })
        .await
        .unwrap();
    let gone = api
        .notes
        .get_note(GetNoteParameters { id: note.id })
        .await
        .unwrap_err();
    let Error::Failure(GetNoteFailure::NotFound(problem)) = gone else {
        panic!("{gone}")
    };
    assert_eq!(problem.status, 404);

    // The contract of this service does not name the 401 that every server gives.
    let stranger = connected(&url, "guessed");
    let refused = stranger
        .notes
        .get_note(GetNoteParameters { id: 1 })
        .await
        .unwrap_err();
    assert!(
        matches!(refused, Error::Undeclared(ref response) if response.status == 401),
        "{refused}"
    );

    handle.stop(true).await;
    running.await.unwrap().unwrap();
}
