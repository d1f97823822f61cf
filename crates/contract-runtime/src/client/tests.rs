//! The client with a stand-in for the transport, and a clock that does not wait.

use std::collections::{BTreeMap, VecDeque};
use std::future::pending;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use futures::future::BoxFuture;
use futures::stream::{self, StreamExt, TryStreamExt};
use http::StatusCode;
use http::header::AUTHORIZATION;
use proptest::prelude::*;
use serde_json::Value;

use super::*;
use crate::{Carrier, Event, Need, SecurityScheme};

type Answer = Result<http::Response<Body>, TransportError>;

/// Gives its answers in turn, and none after the last; keeps what was sent.
#[derive(Clone, Default)]
struct StandIn {
    answers: Arc<Mutex<VecDeque<Answer>>>,
    sent: Arc<Mutex<Vec<http::Request<Bytes>>>>,
}

impl Transport for StandIn {
    fn send(&self, request: http::Request<Bytes>) -> BoxFuture<'static, Answer> {
        self.sent.lock().unwrap().push(request);
        match self.answers.lock().unwrap().pop_front() {
            Some(answer) => Box::pin(async { answer }),
            None => Box::pin(pending()),
        }
    }
}

fn answering(answers: impl IntoIterator<Item = Answer>) -> (StandIn, Builder) {
    let stand_in = StandIn::default();
    stand_in.answers.lock().unwrap().extend(answers);
    let builder = Client::builder("http://example.com/v1/").transport(stand_in.clone());
    (stand_in, builder)
}

impl StandIn {
    fn count(&self) -> usize {
        self.sent.lock().unwrap().len()
    }

    fn authorizations(&self) -> Vec<String> {
        let sent = self.sent.lock().unwrap();
        let header = |request: &http::Request<Bytes>| {
            request.headers()[AUTHORIZATION]
                .to_str()
                .unwrap()
                .to_owned()
        };
        sent.iter().map(header).collect()
    }
}

/// A response of JSON whose body arrives in these pieces.
fn pieces(status: u16, pieces: Vec<Result<Bytes, TransportError>>) -> http::Response<Body> {
    http::Response::builder()
        .status(status)
        .header("content-type", "application/json")
        .body(stream::iter(pieces).boxed())
        .unwrap()
}

fn reply(status: u16, body: &'static str) -> Answer {
    Ok(pieces(status, vec![Ok(Bytes::from(body))]))
}

fn busy(retry_after: &str) -> Answer {
    let mut response = pieces(503, Vec::new());
    let value = HeaderValue::from_str(retry_after).unwrap();
    response.headers_mut().insert("retry-after", value);
    Ok(response)
}

fn lost() -> TransportError {
    TransportError::new(ErrorKind::Interrupted, "reset")
}

fn get() -> Request {
    Request::new("GET", "/x")
}

fn kind<T: fmt::Debug>(outcome: Result<T, TransportError>) -> ErrorKind {
    outcome.unwrap_err().kind()
}

fn read_kind<T: fmt::Debug>(outcome: Result<T, ReadError>) -> ErrorKind {
    match outcome.unwrap_err() {
        ReadError::Transport(error) => error.kind(),
        ReadError::Invalid(error) => panic!("{error}"),
    }
}

#[test]
fn the_base_url_is_absolute() {
    for (url, detail) in [
        ("", "is not valid"),
        ("/v1", "is not valid"),
        ("api.example.com", "is not valid"),
        ("ftp://example.com", "neither http nor https"),
        ("http://me:secret@example.com", "has a user"),
        ("http://example.com?a=b", "has a query or a fragment"),
    ] {
        let error = Client::builder(url).build().unwrap_err().to_string();
        assert!(error.contains(detail), "{error}");
        assert!(error.ends_with("give an absolute one such as https://api.example.com/v1"));
        assert!(
            !error.contains("secret") && !error.contains('\n'),
            "{error}"
        );
    }
    let error = Client::builder("http://x").header("a b", "").build();
    assert_eq!(
        error.unwrap_err().to_string(),
        "the header `a b` is not valid"
    );
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_call() {
    let (_, builder) = answering([]);
    let client = builder.deadline(Duration::from_secs(3)).build().unwrap();
    let start = Instant::now();
    assert_eq!(kind(client.send(get()).await), ErrorKind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 3);

    let endless = |media_type: &'static str| {
        let body = stream::iter([Ok(Bytes::from("data: 1\n\n"))]);
        let body = body.chain(stream::pending()).boxed();
        let response = http::Response::builder().header("content-type", media_type);
        Ok(response.body(body).unwrap())
    };
    let (_, builder) = answering([endless("application/json"), endless("text/event-stream")]);
    let client = builder.deadline(Duration::from_secs(3)).build().unwrap();
    let response = client.send(get()).await.unwrap();
    let start = Instant::now();
    let read = response.json::<Value>("application/json").await;
    assert_eq!(read_kind(read), ErrorKind::Timeout);
    assert_eq!(start.elapsed().as_secs(), 3);

    // Events go on.
    let response = client.send(get()).await.unwrap();
    let mut events = response.events("text/event-stream").unwrap();
    assert_eq!(events.next().await.unwrap().unwrap(), Event::new("1"));
    let next = tokio::time::timeout(Duration::from_secs(99), events.next());
    assert!(next.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_request_is_repeated_only_if_told_to_and_safe() {
    let once = Request::new("POST", "/x");
    let mut keyed = Request::new("POST", "/x");
    keyed.header("Idempotency-Key", &"k".to_owned(), Style::Simple, false);
    let timeout = || Err(transport::timeout());
    type Case = (Option<u32>, Request, Vec<Answer>, usize, u16);
    let cases: Vec<Case> = vec![
        (None, get(), vec![busy("0"), reply(200, "")], 1, 503),
        (
            Some(3),
            get(),
            vec![Err(lost()), busy("0"), reply(200, "")],
            3,
            200,
        ),
        (
            Some(2),
            get(),
            vec![busy("0"), busy("0"), reply(200, "")],
            2,
            503,
        ),
        (Some(3), once, vec![busy("0"), reply(200, "")], 1, 503),
        (Some(3), keyed, vec![busy("0"), reply(200, "")], 2, 200),
        (Some(3), get(), vec![reply(500, ""), reply(200, "")], 1, 500),
        (Some(3), get(), vec![timeout(), reply(200, "")], 1, 0),
        // Longer than the longest pause.
        (Some(3), get(), vec![busy("31"), reply(200, "")], 1, 503),
    ];
    for (index, (attempts, request, answers, sent, status)) in cases.into_iter().enumerate() {
        let (stand_in, mut builder) = answering(answers);
        if let Some(attempts) = attempts {
            builder = builder.retry(Retry::attempts(attempts));
        }
        let outcome = builder.build().unwrap().send(request).await;
        assert_eq!(
            outcome.map_or(0, |response| response.status()),
            status,
            "{index}"
        );
        assert_eq!(stand_in.count(), sent, "{index}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_pause_is_as_long_as_the_server_asks_and_ends_before_the_deadline() {
    let date = httpdate::fmt_http_date(std::time::SystemTime::now() + Duration::from_secs(20));
    for (after, least) in [("7", 7), (date.as_str(), 18)] {
        let (_, builder) = answering([busy(after), reply(200, "")]);
        let client = builder.retry(Retry::attempts(2)).build().unwrap();
        let start = Instant::now();
        assert_eq!(client.send(get()).await.unwrap().status(), 200);
        assert!((least..=20).contains(&start.elapsed().as_secs()), "{after}");
    }
    let (stand_in, builder) = answering([busy("7"), reply(200, "")]);
    let builder = builder.retry(Retry::attempts(2));
    let client = builder.deadline(Duration::from_secs(5)).build().unwrap();
    assert_eq!(client.send(get()).await.unwrap().status(), 503);
    assert_eq!(stand_in.count(), 1);
}

/// Two schemes in the query, and tokens.
#[derive(Debug, Clone, Copy)]
enum Scheme {
    One,
    Two,
    Crumb,
    Token,
}

impl SecurityScheme for Scheme {
    fn as_str(self) -> &'static str {
        match self {
            Self::One => "one",
            Self::Two => "two",
            Self::Crumb => "crumb",
            Self::Token => "token",
        }
    }

    fn carrier(self) -> Carrier {
        match self {
            Self::One | Self::Two => Carrier::Query("key"),
            Self::Crumb => Carrier::Cookie("a;b"),
            Self::Token => Carrier::Bearer,
        }
    }
}

const fn need(scheme: Scheme) -> Need<Scheme> {
    Need {
        scheme,
        scopes: &["read"],
    }
}

const ONE: &[Need<Scheme>] = &[need(Scheme::One)];
const ONE_AND_TWO: &[Need<Scheme>] = &[need(Scheme::One), need(Scheme::Two)];
const CRUMB: &[Need<Scheme>] = &[need(Scheme::Crumb)];
const TOKEN: &[Need<Scheme>] = &[need(Scheme::Token)];

fn needing(alternatives: &[&'static [Need<Scheme>]]) -> Request {
    let mut request = get();
    request.credentials(alternatives);
    request
}

#[tokio::test(start_paused = true)]
async fn a_credential_is_asked_for_before_each_attempt() {
    let (stand_in, builder) = answering([busy("0"), reply(200, ""), reply(200, "")]);
    let asked = AtomicUsize::new(0);
    let client = builder
        .retry(Retry::attempts(2))
        .credential_from("token", move |scopes| {
            let number = asked.fetch_add(1, Ordering::Relaxed);
            let token = format!("{}-{number}", scopes.join(" "));
            async { Ok::<_, BoxError>(Credential::Bearer(token)) }
        })
        .build()
        .unwrap();
    let secured = || needing(&[TOKEN]);
    client.send(secured()).await.unwrap();
    client.send(secured()).await.unwrap();
    let tokens = ["Bearer read-0", "Bearer read-1", "Bearer read-2"];
    assert_eq!(stand_in.authorizations(), tokens);
}

#[tokio::test]
async fn a_credential_that_cannot_be_sent_is_an_error_without_the_secret() {
    let key = |text: &str| Credential::ApiKey(text.into());
    let both = || needing(&[ONE_AND_TWO]);
    let mut parameter = needing(&[ONE]);
    parameter.query("key", &"own".to_owned(), Style::Form, true);
    type Case = (Vec<(&'static str, Credential)>, Request, &'static str);
    let cases: Vec<Case> = vec![
        (
            vec![],
            needing(&[ONE_AND_TWO, TOKEN]),
            "needs the credentials `one` and `two`, or `token`; the client has none",
        ),
        (vec![("one", key("secret"))], both(), "the client has `one`"),
        (
            vec![("token", key("secret"))],
            needing(&[TOKEN]),
            "`token` must be Credential::Bearer, not ApiKey(…)",
        ),
        (
            vec![("token", Credential::Bearer("secret\n".into()))],
            needing(&[TOKEN]),
            "`token` is not valid in a header",
        ),
        (
            vec![("crumb", key("secret"))],
            needing(&[CRUMB]),
            "`a;b` of the credential `crumb` is not valid as a cookie",
        ),
        (
            vec![("one", key("secret")), ("two", key("secret2"))],
            both(),
            "the query parameter `key` has two values",
        ),
        (
            vec![("one", key("secret"))],
            parameter,
            "the query parameter `key` has two values",
        ),
    ];
    for (credentials, request, detail) in cases {
        let (stand_in, mut builder) = answering([]);
        for (scheme, credential) in credentials {
            builder = builder.credential(scheme, credential);
        }
        let error = builder.build().unwrap().send(request).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidRequest);
        let text = format!("{error} {error:?}");
        assert!(text.contains(detail) && !text.contains("secret"), "{text}");
        assert_eq!(stand_in.count(), 0);
    }

    // One value for both is one value.
    let (stand_in, builder) = answering([reply(200, "")]);
    let builder = builder
        .credential("one", key("a b"))
        .credential("two", key("a b"));
    builder.build().unwrap().send(both()).await.unwrap();
    let uri = stand_in.sent.lock().unwrap()[0].uri().to_string();
    assert_eq!(uri, "http://example.com/v1/x?key=a%20b");

    let (_, builder) = answering([]);
    let source = |_: &'static [&'static str]| async { Err("no token today") };
    let client = builder.credential_from("token", source).build().unwrap();
    let error = client.send(needing(&[TOKEN])).await.unwrap_err();
    let source = std::error::Error::source(&error).unwrap();
    assert_eq!(source.to_string(), "no token today");
}

#[tokio::test]
async fn the_default_headers_and_hooks_apply_to_each_request() {
    let (stand_in, builder) = answering([reply(200, "")]);
    let client = builder
        .header("x-a", "default")
        .header("x-b", "default")
        .before(|head| {
            drop(
                head.headers
                    .insert("traceparent", HeaderValue::from_static("00")),
            )
        })
        .build()
        .unwrap();
    let mut request = get();
    request.header("X-B", &"own".to_owned(), Style::Simple, false);
    client.send(request).await.unwrap();
    let sent = stand_in.sent.lock().unwrap();
    let headers = sent[0].headers();
    assert_eq!(
        (&headers["x-a"], &headers["x-b"]),
        (&"default".parse().unwrap(), &"own".parse().unwrap())
    );
    assert_eq!(headers["traceparent"], "00");
}

#[tokio::test]
async fn a_large_response_is_cut_at_the_limit() {
    let answers = || {
        let five = vec![Ok(Bytes::from("[12")), Ok(Bytes::from("3]"))];
        let (_, builder) = answering([Ok(pieces(200, five))]);
        builder
    };
    let send = async |limit| {
        let client = answers().response_limit(limit).build().unwrap();
        client.send(get()).await.unwrap()
    };
    let whole = send(5).await.json::<Vec<i64>>("application/json").await;
    assert_eq!(whole.unwrap(), [123]);
    let cut = send(4).await.json::<Vec<i64>>("application/json").await;
    assert_eq!(read_kind(cut), ErrorKind::TooLarge);
    let download = send(4).await.download("application/json").unwrap();
    assert_eq!(kind(download.bytes().await), ErrorKind::TooLarge);
    // A stream has no limit.
    let download = send(4).await.download("application/json").unwrap();
    let streamed: Vec<Bytes> = download.try_collect().await.unwrap();
    assert_eq!(streamed.concat(), b"[123]");
    let Error::<()>::Undeclared(undeclared) = send(4).await.undeclared().await else {
        panic!("another error");
    };
    assert_eq!(
        (undeclared.status, undeclared.body),
        (200, Bytes::from("[123"))
    );

    let events = stream::iter([Ok(Bytes::from("data: 1\n\ndata: 12345"))]).boxed();
    let mut events = EventStream::new(events, 8);
    assert_eq!(events.next().await.unwrap().unwrap(), Event::new("1"));
    assert_eq!(kind(events.next().await.unwrap()), ErrorKind::TooLarge);
    assert!(events.next().await.is_none());
}

#[tokio::test]
async fn a_body_that_is_cut_is_an_error_with_what_arrived() {
    let send = async || {
        let cut = vec![Ok(Bytes::from("[1")), Err(lost())];
        let (_, builder) = answering([Ok(pieces(404, cut))]);
        builder.build().unwrap().send(get()).await.unwrap()
    };
    let read = send().await.json::<Value>("application/json").await;
    assert_eq!(read_kind(read), ErrorKind::Interrupted);
    let mut download = send().await.download("application/json").unwrap();
    assert_eq!(download.next().await.unwrap().unwrap(), "[1");
    assert_eq!(kind(download.next().await.unwrap()), ErrorKind::Interrupted);
    let Error::<()>::Undeclared(undeclared) = send().await.undeclared().await else {
        panic!("another error");
    };
    assert_eq!(undeclared.status, StatusCode::NOT_FOUND);
    assert_eq!(undeclared.headers["content-type"], "application/json");
    assert_eq!(undeclared.body, "[1");
}

#[tokio::test]
async fn a_response_that_is_not_the_contracts_says_what_differs() {
    for (body, detail) in [
        ("{}", "the body: "),
        ("[1", "the body: "),
        ("[1]x", "the body: "),
    ] {
        let (_, builder) = answering([reply(200, body)]);
        let response = builder.build().unwrap().send(get()).await.unwrap();
        let Err(ReadError::Invalid(error)) = response.json::<Vec<i64>>("application/json").await
        else {
            panic!("{body} was read");
        };
        assert!(error.to_string().contains(detail), "{error}");
        assert_eq!((error.status, error.body), (200, Some(Bytes::from(body))));
    }
    let (_, builder) = answering([reply(200, "1")]);
    let response = builder.build().unwrap().send(get()).await.unwrap();
    let Err(ReadError::Invalid(error)) = response.header::<i64>("x-count") else {
        panic!("the header was read");
    };
    assert_eq!(error.detail, "header `x-count` is missing");
    let Err(ReadError::Invalid(error)) = response.text::<String>("text/plain").await else {
        panic!("the body was read");
    };
    assert_eq!(
        error.detail,
        "Content-Type is application/json, not text/plain"
    );
}

/// The events of bytes that arrive in these pieces.
fn events<'p>(pieces: impl IntoIterator<Item = &'p [u8]>) -> Vec<Event> {
    let pieces: Vec<_> = pieces
        .into_iter()
        .map(|piece| Ok(Bytes::copy_from_slice(piece)))
        .collect();
    let events = EventStream::new(stream::iter(pieces).boxed(), 1000);
    let collected = futures::executor::block_on(events.try_collect());
    collected.unwrap()
}

/// Each with the events as `type id retry data`.
const STREAMS: [(&str, &[&str]); 12] = [
    (
        "data: a\n\ndata: b\r\n\r\ndata: c\r\r",
        &["   a", "   b", "   c"],
    ),
    ("data: a\r\ndata: b\rdata: c\n\r\n", &["   a\nb\nc"]),
    ("\u{feff}data: a\n\n\u{feff}data: b\n\n", &["   a"]),
    ("\n\n: comment\n:\ndata: a\n: more\n\n", &["   a"]),
    (
        "event: tick\nid: 7\nretry: 1500\ndata: a\n\ndata: b\n\n",
        &["tick 7 1500 a", "   b"],
    ),
    ("retry: soon\nretry: -1\nretry:\ndata: a\n\n", &["   a"]),
    ("retry: 99999999999999999999999\ndata: a\n\n", &["   a"]),
    ("data\n\ndata:\ndata\n\n", &["   ", "   \n"]),
    (
        "data:a\n\ndata:  a\n\nDATA: no\ndatax: no\n\n",
        &["   a", "    a"],
    ),
    ("event: lost\n\ndata: a\n\n", &["   a"]),
    (
        "id: 1\0\ndata: a: b\n\nid\ndata: c\n\n",
        &["   a: b", "   c"],
    ),
    ("data: whole\n\ndata: cut\n", &["   whole"]),
];

#[test]
fn server_sent_events_are_read_as_the_standard_says() {
    for (text, wanted) in STREAMS {
        let shown: Vec<String> = events([text.as_bytes()])
            .into_iter()
            .map(|event| {
                let retry = event.retry.map(|time| time.as_millis().to_string());
                let [kind, id, retry] =
                    [event.event, event.id, retry].map(Option::unwrap_or_default);
                format!("{kind} {id} {retry} {}", event.data)
            })
            .collect();
        assert_eq!(shown, wanted, "{text:?}");
    }
}

proptest! {
    #[test]
    fn events_are_the_same_however_the_bytes_are_divided(
        index in 0..STREAMS.len(),
        cuts in proptest::collection::vec(0_usize..80, 0..20),
    ) {
        let bytes = STREAMS[index].0.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let divided = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]);
        prop_assert_eq!(events(divided), events([bytes]));
    }

    #[test]
    fn events_come_out_as_they_went_in(
        all in proptest::collection::vec(
            ("[^\r]{0,20}", proptest::option::of("[^\r\n]{1,5}"), proptest::option::of("[^\r\n\0]{1,5}"), proptest::option::of(0_u64..1000)),
            0..4,
        )
    ) {
        let sent: Vec<Event> = all
            .into_iter()
            .map(|(data, event, id, retry)| Event { data, event, id, retry: retry.map(Duration::from_millis) })
            .collect();
        let bytes: Vec<Bytes> = sent.iter().map(Event::to_bytes).collect();
        prop_assert_eq!(events(bytes.iter().map(|piece| &piece[..])), sent);
    }
}

#[test]
fn an_error_comes_after_the_events_before_it() {
    let pieces = [Ok(Bytes::from("data: 1\n\ndata: 2\n\nda")), Err(lost())];
    let mut events = EventStream::new(stream::iter(pieces).boxed(), 1000);
    let mut next = || futures::executor::block_on(events.next());
    assert_eq!(next().unwrap().unwrap().data, "1");
    assert_eq!(next().unwrap().unwrap().data, "2");
    assert_eq!(kind(next().unwrap()), ErrorKind::Interrupted);
    assert!(next().is_none());
}

#[test]
fn a_file_name_is_read_from_every_form() {
    let name = |text: &str| {
        let mut response = pieces(200, Vec::new());
        let value = HeaderValue::from_bytes(text.as_bytes()).unwrap();
        response.headers_mut().insert("content-disposition", value);
        let response = Response::new(response, None, 0);
        response.download("application/json").unwrap().file_name
    };
    let cases = BTreeMap::from([
        ("inline", None),
        ("attachment; filename=a.txt", Some("a.txt")),
        (
            "attachment; filename=\"a \\\"b\\\".txt\"; x=y",
            Some("a \"b\".txt"),
        ),
        (
            "attachment; filename=old; filename*=UTF-8''%C3%A4%20b",
            Some("ä b"),
        ),
        (
            "attachment; filename*=latin-1''%E4; filename=old",
            Some("old"),
        ),
        ("attachment; FileName = a", Some("a")),
    ]);
    for (text, wanted) in cases {
        assert_eq!(name(text).as_deref(), wanted, "{text}");
    }
}
