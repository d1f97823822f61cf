//! Between generated clients and servers, what is not JSON and no parameter: forms, files,
//! credentials, responses of every kind, webhooks and callbacks. What goes in comes out.

use std::any::Any;
use std::fmt::Debug;
use std::sync::{Arc, Mutex};

use actix_web::HttpRequest;
use actix_web::web::{Bytes, Data, scope};
use chrono::DateTime;
use contract_runtime::client::{Client, Error};
use contract_runtime::server::{Accept, Authenticate, EventStream, File, Presented, Rejection};
use contract_runtime::{Binary, Credential, Event, SecurityScheme};
use corpus::{clients, made};
use futures::stream::{self, TryStreamExt};
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use serde_json::Value;

use crate::clients::{for_all, is_written, received, serve, shown, start, typed};
use crate::values::values;

/// Text without edges that a header loses.
const VISIBLE: &str = "[!-~]([ -~]{0,9}[!-~])?";

fn bytes() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..60).prop_map(Bytes::from)
}

/// What the server received.
macro_rules! answer {
    ($outcome:expr, $success:ident) => {
        match $outcome.await {
            Ok($success::Ok(answer)) => received(answer),
            Err(error) => panic!("{error:?}"),
        }
    };
}

#[test]
fn bodies_of_every_media_type() {
    use clients::bodies::default::*;
    use clients::bodies::models::{Pet, Upload};
    let api = DefaultClient(serve(crate::bodies::routes));
    let values = |root: &str| {
        let schemas = include_str!("../../src/made/bodies/schemas.json");
        values(&made::bodies::CONTRACT, schemas, root).prop_filter("not written", is_written)
    };

    let file = (
        bytes(),
        option::of("[^\\p{Cc}]{1,9}"),
        "[a-z]{1,5}/[a-z.+-]{1,9}",
    );
    let upload = values("POST /multipart body multipart/form-data");
    for_all((upload, vec(file, 4)), async |(value, files)| {
        let mut body: Upload = typed(&value);
        let places = std::iter::once(&mut body.file).chain(body.more.iter_mut().flatten());
        for (place, (bytes, file_name, content_type)) in places.zip(files) {
            *place = Binary {
                bytes,
                file_name,
                content_type: Some(content_type),
            };
        }
        let wanted = shown(&body);
        assert_eq!(answer!(api.multipart(body), MultipartSuccess), wanted);
        true
    });

    for_all(bytes(), async |body| {
        let wanted = shown(&body);
        assert_eq!(answer!(api.bytes(body), BytesSuccess), wanted);
        true
    });

    for_all(
        option::of(values("POST /optional body application/json")),
        async |value| {
            let body: Option<Pet> = value.as_ref().map(typed);
            let wanted = shown(&body);
            assert_eq!(answer!(api.optional(body), OptionalSuccess), wanted);
            true
        },
    );

    let pet = values("PUT /several body application/json");
    for_all(
        (0..5, pet, "\\PC{0,9}", bytes()),
        async |(kind, pet, text, bytes)| {
            let body = match kind {
                0 => SeveralBody::Json(typed(&pet)),
                1 => SeveralBody::Form(typed(&pet)),
                2 => SeveralBody::Text(text),
                3 => SeveralBody::Xml(bytes),
                _ => SeveralBody::Image(Binary {
                    bytes,
                    content_type: Some("image/png".into()),
                    ..Binary::default()
                }),
            };
            let wanted = match &body {
                // A client says what kind of image it is.
                SeveralBody::Image(file) => format!("(Image({:?}),)", file.bytes),
                body => shown(body),
            };
            assert_eq!(answer!(api.several(body), SeveralSuccess), wanted);
            true
        },
    );
}

/// Shows credentials instead of verifying them.
struct Revealed;

impl Authenticate for Revealed {
    type Scheme = made::security::security::Scheme;
    type Caller = String;

    async fn authenticate(
        &self,
        _: &HttpRequest,
        presented: &[Presented<Self::Scheme>],
    ) -> Result<String, Rejection> {
        let shown = presented
            .iter()
            .map(|one| revealed(one.scheme.as_str(), &one.credential));
        Ok(shown.collect())
    }
}

fn revealed(scheme: &str, credential: &Credential) -> String {
    match credential {
        Credential::Basic { user, password } => format!("{scheme} {user}:{password}\n"),
        Credential::ApiKey(key) | Credential::Bearer(key) | Credential::Http(key) => {
            format!("{scheme} {key}\n")
        }
        Credential::Tls => scheme.to_owned(),
    }
}

/// A scheme with a credential for it.
type Secret = BoxedStrategy<(&'static str, Credential)>;

fn secret(scheme: &'static str, regex: &str, credential: fn(String) -> Credential) -> Secret {
    let text = proptest::string::string_regex(regex).unwrap();
    text.prop_map(move |text| (scheme, credential(text)))
        .boxed()
}

/// `operation`, and the credentials that it is called with.
macro_rules! credentials {
    ($url:ident: $($function:ident $success:ident $secrets:expr;)*) => {$({
        let sender = contract_runtime::client::reqwest::Client::new();
        for_all(Vec::from($secrets), async |secrets| {
            let mut builder = Client::builder($url).transport(sender.clone());
            let mut wanted = String::new();
            for (scheme, credential) in secrets {
                wanted += &revealed(scheme, &credential);
                builder = builder.credential(scheme, credential);
            }
            let api = DefaultClient(builder.build().unwrap());
            assert_eq!(answer!(api.$function(), $success), wanted);
            true
        });
    })*};
}

#[test]
fn credentials_of_every_scheme() {
    use clients::security::default::*;
    let url = &start(|service| {
        let guard = Data::new(crate::security::Guard);
        made::security::configure(service, &Data::new(Revealed), &guard, &guard, &guard);
    });
    let token = || secret("token", "[!-~]{1,20}", Credential::Bearer);
    let key = || secret("headerKey", VISIBLE, Credential::ApiKey);
    let password = ("[^:]{0,9}", ".{0,9}")
        .prop_map(|(user, password)| ("password", Credential::Basic { user, password }));
    credentials!(url:
        inherited InheritedSuccess [token()];
        optional OptionalSuccess [token()];
        header HeaderSuccess [key()];
        query QuerySuccess [secret("queryKey", "\\PC{0,9}", Credential::ApiKey)];
        cookie CookieSuccess [secret("cookieKey", "\\PC{0,9}", Credential::ApiKey)];
        basic BasicSuccess [password.boxed()];
        scopes ScopesSuccess [secret("login", "[!-~]{1,20}", Credential::Bearer)];
        digest DigestSuccess [secret("other", VISIBLE, Credential::Http)];
        both BothSuccess [key(), token()];
        either EitherSuccess [key()];
    );
    let without = DefaultClient(Client::builder(url).build().unwrap());
    for_all(Just(()), async |()| {
        assert_eq!(answer!(without.optional(), OptionalSuccess), "nobody");
        assert_eq!(answer!(without.none(), NoneSuccess), "anybody");
        true
    });
}

/// A server that answers with what the test gives it.
#[derive(Clone, Default)]
struct Given(Arc<Mutex<Option<Box<dyn Any + Send>>>>);

impl Given {
    fn give<T: Any + Send>(&self, answer: T) {
        *self.0.lock().unwrap() = Some(Box::new(answer));
    }

    fn take<T: Any>(&self) -> T {
        let given = self.0.lock().unwrap().take().unwrap();
        *given.downcast().unwrap()
    }
}

/// The content of a file in pieces, and its name.
type Content = (Vec<Bytes>, Option<String>);

fn file((pieces, name): Content) -> File {
    let pieces = pieces.into_iter().map(Ok::<_, std::io::Error>);
    let file = File::stream(stream::iter(pieces)).of_type("image/png");
    match name {
        Some(name) => file.named(name),
        None => file,
    }
}

use made::responses::default::*;

impl DefaultApi for Given {
    async fn headers(&self) -> Result<HeadersSuccess, HeadersFailure> {
        self.take()
    }

    async fn status(&self, _: StatusParameters) -> Result<StatusSuccess, StatusFailure> {
        self.take()
    }

    async fn several(
        &self,
        _: Accept,
        _: SeveralParameters,
    ) -> Result<SeveralSuccess, SeveralFailure> {
        self.take()
    }

    async fn nullable(&self) -> Result<NullableSuccess, NullableFailure> {
        self.take()
    }

    async fn file(&self) -> Result<FileSuccess, FileFailure> {
        Ok(FileSuccess::Ok(file(self.take())))
    }

    async fn picture(&self) -> Result<PictureSuccess, PictureFailure> {
        Ok(PictureSuccess::Ok(file(self.take())))
    }

    async fn events(&self) -> Result<EventsSuccess, EventsFailure> {
        let events: Vec<Event> = self.take();
        Ok(EventsSuccess::Ok(EventStream::new(stream::iter(events))))
    }

    async fn get_nothing(&self) -> Result<GetNothingSuccess, GetNothingFailure> {
        std::future::pending().await
    }
}

/// The outcome as the server's type for it is shown.
fn outcome<T: Debug, F: Debug>(outcome: Result<T, Error<F>>) -> String {
    let outcome = outcome.map_err(|error| match error {
        Error::Failure(failure) => failure,
        other => panic!("{other:?}"),
    });
    format!("{outcome:?}")
}

/// Gives an answer to the server, and checks that the client returns it.
async fn comes_out<A, T, F>(
    given: &Given,
    answer: A,
    call: impl Future<Output = Result<T, Error<F>>>,
) -> bool
where
    A: Any + Debug + Send,
    T: Debug,
    F: Debug,
{
    let wanted = format!("{answer:?}");
    given.give(answer);
    assert_eq!(outcome(call.await), wanted);
    true
}

#[test]
fn responses_of_every_kind() {
    use clients::responses::default::{
        DefaultClient, EventsSuccess, FileSuccess, PictureSuccess, SeveralParameters,
        StatusParameters,
    };
    let given = Given::default();
    let server = given.clone();
    let api = DefaultClient(serve(move |service| {
        made::responses::configure(service, &Data::new(server.clone()));
    }));

    let item = "[!-+.-~]([ -+.-~]{0,5}[!-+.-~])?";
    let time = (0_i64..4_000_000_000, 0_u32..1_000_000_000);
    let time = time.prop_map(|(seconds, rest)| DateTime::from_timestamp(seconds, rest).unwrap());
    let decimal = "-?[0-9]{1,9}(\\.[0-9]{1,4})?".prop_map(|text| text.parse().unwrap());
    let headers = (
        any::<i64>(),
        vec(item, 0..4),
        option::of(time),
        option::of(VISIBLE),
        vec(decimal, 0..4),
    );
    for_all(headers, async |(x_count, x_list, x_time, status2, body)| {
        let answer: Result<_, HeadersFailure> = Ok(HeadersSuccess::Ok {
            body,
            x_count,
            x_list,
            x_time,
            status2,
        });
        comes_out(&given, answer, api.headers()).await
    });

    let text = "\\PC{0,9}";
    let others = (200_u16..600).prop_filter("has no body or a meaning of its own", |status| {
        ![204, 205, 299, 304].contains(status) && !(400..500).contains(status)
    });
    let statuses = prop_oneof![
        Just(Ok(StatusSuccess::NoContent)),
        Just(Ok(StatusSuccess::Status299)),
        (400_u16..500, text).prop_map(|(status, title)| {
            let body = made::responses::models::Status4XxResponse { title };
            Err(StatusFailure::ClientError { status, body })
        }),
        (others, text).prop_map(|(status, body)| Err(StatusFailure::Default { status, body })),
    ];
    for_all(statuses, async |answer| {
        comes_out(&given, answer, api.status(StatusParameters { code: 0 })).await
    });

    let several = prop_oneof![
        text.prop_map(SeveralOkBody::Json),
        any::<i64>().prop_map(SeveralOkBody::Text),
        text.prop_map(SeveralOkBody::Csv),
    ];
    for_all(several, async |body| {
        let answer: Result<_, SeveralFailure> = Ok(SeveralSuccess::Ok(body));
        let call = api.several(SeveralParameters { r#as: None });
        comes_out(&given, answer, call).await
    });

    let number = || option::of(any::<i64>());
    let more = btree_map("[d-z]{1,3}", any::<i32>().prop_map(Value::from), 0..3);
    for_all(
        (number(), option::of(number()), number(), more),
        async |(a, b, c, more)| {
            let body = made::responses::models::Nullable200Response {
                a,
                b,
                c,
                additional_properties: more,
            };
            let answer: Result<_, NullableFailure> = Ok(NullableSuccess::Ok(body));
            comes_out(&given, answer, api.nullable()).await
        },
    );

    for_all(
        (vec(bytes(), 0..4), option::of("\\PC{1,12}")),
        async |content: Content| {
            given.give(content.clone());
            let FileSuccess::Ok(whole) = api.file().await.unwrap();
            assert_eq!(whole.content_type.as_deref(), Some("application/pdf"));
            assert_eq!(whole.file_name, content.1);
            assert_eq!(whole.bytes().await.unwrap(), content.0.concat());
            given.give(content.clone());
            let PictureSuccess::Ok(streamed) = api.picture().await.unwrap();
            assert_eq!(streamed.content_type.as_deref(), Some("image/png"));
            let pieces: Vec<Bytes> = streamed.try_collect().await.unwrap();
            assert_eq!(pieces.concat(), content.0.concat());
            true
        },
    );

    let line = || option::of("[^\r\n\0]{1,9}");
    let event = ("[^\r]{0,20}", line(), line()).prop_map(|(data, event, id)| Event {
        data,
        event,
        id,
        retry: None,
    });
    for_all(vec(event, 0..4), async |events| {
        given.give(events.clone());
        let EventsSuccess::Ok(stream) = api.events().await.unwrap();
        assert_eq!(stream.try_collect::<Vec<_>>().await.unwrap(), events);
        true
    });

    // A rejection, which the contract does not have.
    let rejected = clients::bodies::default::DefaultClient(serve(crate::bodies::routes));
    for_all(Just(()), async |()| {
        let Err(Error::Undeclared(kept)) = rejected.text(0).await else {
            panic!("the contract has no such response");
        };
        assert_eq!(
            (kept.status, &kept.headers["content-type"]),
            (400, &"application/problem+json".parse().unwrap())
        );
        let problem: Value = serde_json::from_slice(&kept.body).unwrap();
        assert_eq!(problem["code"], "invalid_request");
        true
    });
}

mod receiver {
    pub use corpus::clients::modern::callbacks::{
        CallbacksApi, DoneFailure, DoneParameters, DoneSuccess, configure as callbacks,
    };
    pub use corpus::clients::modern::models::Point;
    pub use corpus::clients::modern::webhooks::{
        PostThingFailure, PostThingParameters, PostThingSuccess, WebhooksApi, configure as webhooks,
    };
}

/// Keeps what it is told, unless it is told not to.
#[derive(Clone, Default)]
struct Receiver(Arc<Mutex<String>>);

impl Receiver {
    fn keep(&self, told: impl Debug) {
        *self.0.lock().unwrap() = format!("{told:?}");
    }
}

impl receiver::WebhooksApi for Receiver {
    async fn post_thing(
        &self,
        parameters: receiver::PostThingParameters,
        body: receiver::Point,
    ) -> Result<receiver::PostThingSuccess, receiver::PostThingFailure> {
        self.keep((&parameters, &body));
        match u16::try_from(parameters.x_try) {
            Ok(status @ 400..500) => Err(receiver::PostThingFailure::ClientError {
                status,
                body: body.x.to_string(),
            }),
            _ => Ok(receiver::PostThingSuccess::Ok),
        }
    }
}

impl receiver::CallbacksApi for Receiver {
    async fn done(
        &self,
        parameters: receiver::DoneParameters,
        body: Vec<String>,
    ) -> Result<receiver::DoneSuccess, receiver::DoneFailure> {
        self.keep((&parameters, &body));
        let x_seen = body.len() as i64;
        Ok(receiver::DoneSuccess::Accepted { x_seen })
    }
}

#[test]
fn webhooks_and_callbacks() {
    use made::modern::callbacks::{CallbacksClient, DoneParameters};
    use made::modern::models::Point;
    use made::modern::webhooks::{PostThingParameters, WebhooksClient};
    let receiver = Receiver::default();
    let told = receiver.0.clone();
    let url = start(move |service| {
        let receiver = Data::new(receiver.clone());
        let hooks = scope("/hooks").configure(|hooks| receiver::webhooks(hooks, &receiver));
        let back = scope("/back").configure(|back| receiver::callbacks(back, &receiver));
        service.service(hooks).service(back);
    });
    // The URL of a call is that of the subscriber, not of the client.
    let client = Client::builder("http://unused.example").build().unwrap();
    let (webhooks, callbacks) = (WebhooksClient(client.clone()), CallbacksClient(client));

    let tries = prop_oneof![any::<i64>(), 400_i64..500];
    let thing = format!("{url}/hooks/thing");
    for_all((tries, any::<i64>()), async |(x_try, x)| {
        let (parameters, body) = (PostThingParameters { x_try }, Point { x });
        let sent = format!("{:?}", (&parameters, &body));
        let outcome = outcome(webhooks.post_thing(&thing, parameters, body).await);
        assert_eq!(*told.lock().unwrap(), sent);
        let wanted = match x_try {
            400..500 => format!("Err(ClientError {{ status: {x_try}, body: \"{x}\" }})"),
            _ => "Ok(Ok)".into(),
        };
        assert_eq!(outcome, wanted);
        true
    });

    let done = format!("{url}/back/done?of=thing");
    let words = || vec("[a-zäß&= ]{2,8}", 1..4);
    for_all((option::of(words()), words()), async |(tags, body)| {
        let parameters = DoneParameters { tags };
        let sent = format!("{:?}", (&parameters, &body));
        let wanted = format!("Ok(Accepted {{ x_seen: {} }})", body.len());
        assert_eq!(
            outcome(callbacks.done(&done, parameters, body).await),
            wanted
        );
        assert_eq!(*told.lock().unwrap(), sent);
        true
    });
}
