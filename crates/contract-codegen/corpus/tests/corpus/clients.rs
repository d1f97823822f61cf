//! The generated clients call the generated servers over HTTP: what goes in comes out, for values
//! that proptest makes.
//!
//! A server answers with its arguments in the form of `Debug`, and the types of both sides have the
//! same names and members, so the client compares that text with its own.

use std::cell::Cell;
use std::fmt::Debug;
use std::sync::mpsc;
use std::thread;

use actix_web::web::ServiceConfig;
use actix_web::{App, HttpServer};
use contract_runtime::Json;
use contract_runtime::client::{Client, Error, ErrorKind};
use contract_runtime::json::from_value;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::Value;
use tokio::runtime::Runtime;

use crate::values::values;

/// The URL of a server on a port of its own, which runs for the rest of the process.
pub fn start(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> String {
    let (sender, address) = mpsc::channel();
    thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let server = HttpServer::new(move || App::new().configure(routes.clone())).workers(1);
            let server = server.bind("127.0.0.1:0").unwrap();
            sender.send(server.addrs()[0]).unwrap();
            server.run().await.unwrap();
        });
    });
    format!("http://{}", address.recv().unwrap())
}

pub fn serve(routes: impl Fn(&mut ServiceConfig) + Clone + Send + 'static) -> Client {
    Client::builder(start(routes)).build().unwrap()
}

/// What the server received.
pub fn received(answer: Value) -> String {
    answer.as_str().unwrap_or_default().to_owned()
}

/// The text of the server's argument.
pub fn shown(sent: &impl Debug) -> String {
    format!("({sent:?},)")
}

pub fn typed<T: Json>(value: &Value) -> T {
    from_value(value).unwrap_or_else(|error| panic!("{error}: {value}"))
}

/// Runs a property with an asynchronous check for some values.
pub fn for_all<S: Strategy>(strategy: S, check: impl AsyncFn(S::Value) -> bool)
where
    S::Value: Debug,
{
    let checked = Cell::new(0);
    let runtime = Runtime::new().unwrap();
    let config = Config {
        cases: 64,
        failure_persistence: None,
        max_global_rejects: 100_000,
        max_local_rejects: 1_000_000,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&strategy, |value| {
            checked.set(checked.get() + u32::from(runtime.block_on(check(value))));
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    assert!(checked.get() > 10, "{} values were sent", checked.get());
}

/// Whether a style has no way to write the value: the client says so and sends nothing.
fn is_not_expressible<F>(outcome: &Error<F>) -> bool {
    let Error::Transport(error) = outcome else {
        return false;
    };
    let detail = error.to_string();
    error.kind() == ErrorKind::InvalidRequest
        && (detail.contains("is a delimiter there") || detail.contains("the path segment"))
}

/// Bodies: `operation(type) "method path"`, of values that this media type can express.
macro_rules! bodies {
    ($contract:ident, $tag:ident, $client:ident, $media:literal, $written:ident: $($function:ident $success:ident $kind:ty, $root:literal;)*) => {$(
        {
            #[allow(unused_imports)] // a body may be of no model
            use corpus::clients::$contract::models;
            use corpus::clients::$contract::$tag::*;
            let api = $client(serve(crate::$contract::routes));
            let schemas = include_str!(concat!("../../src/made/", stringify!($contract), "/schemas.json"));
            let root = concat!($root, " body ", $media);
            let all = values(&corpus::made::$contract::CONTRACT, schemas, root);
            for_all(all.prop_filter("not written", $written), async |value| {
                let body: $kind = typed(&value);
                let wanted = shown(&body);
                let outcome = api.$function(body).await;
                let $success::Ok(answer) = outcome.unwrap_or_else(|error| panic!("{error}: {value}"));
                assert_eq!(received(answer), wanted, "{value}");
                true
            });
        }
    )*};
}

#[test]
fn json_bodies() {
    bodies!(schemas, default, DefaultClient, "application/json", anything:
        limits LimitsSuccess models::LimitsRequest, "POST /limits";
        presence PresenceSuccess models::Presence, "POST /presence";
        formats FormatsSuccess models::Formats, "POST /formats";
        enums EnumsSuccess models::Enums, "POST /enums";
        maps MapsSuccess models::Maps, "POST /maps";
        tree TreeSuccess models::Tree, "POST /tree";
        all_of AllOfSuccess models::Employee, "POST /all-of";
        one_of OneOfSuccess models::OneOf, "POST /one-of";
        any_of AnyOfSuccess models::AnyOf, "POST /any-of";
        patterns PatternsSuccess models::Patterns, "POST /patterns";
        list ListSuccess Vec<models::Node>, "POST /list";
    );
}

#[test]
fn bodies_of_other_media_types() {
    bodies!(bodies, default, DefaultClient, "application/vnd.pet+json", anything:
        vendor VendorSuccess models::Pet, "POST /problem";
    );
    bodies!(bodies, default, DefaultClient, "text/plain", anything:
        text TextSuccess i64, "POST /text";
    );
    bodies!(bodies, default, DefaultClient, "application/x-www-form-urlencoded", is_written:
        form FormSuccess models::Pet, "POST /form";
        encoded EncodedSuccess models::Lists, "POST /encoded";
    );
}

fn anything(_: &Value) -> bool {
    true
}

/// Whether a style can tell a value from an absent one.
pub fn is_written(value: &Value) -> bool {
    match value {
        Value::Array(items) => !items.is_empty(),
        Value::Object(members) => !members.is_empty() && members.values().all(is_written),
        Value::String(text) => !text.is_empty(),
        _ => true,
    }
}

/// Parameters: `operation(type) "method path" optional { field "place name" } required { … }`.
macro_rules! parameters {
    ($($function:ident $success:ident $kind:ident, $root:literal,
        optional { $($optional:ident $of_optional:literal,)* }
        required { $($required:ident $of_required:literal,)* };
    )*) => {$(
        {
            use corpus::clients::parameters::default::*;
            let api = DefaultClient(serve(crate::parameters::routes));
            let schemas = include_str!("../../src/made/parameters/schemas.json");
            let of = |name: &str| {
                let root = format!("{} {name}", $root);
                values(&corpus::made::parameters::CONTRACT, schemas, &root)
                    .prop_filter("not written", is_written)
                    .boxed()
            };
            let optional: Vec<BoxedStrategy<Option<Value>>> =
                vec![$(proptest::option::of(of($of_optional)).boxed(),)*];
            let required: Vec<BoxedStrategy<Value>> = vec![$(of($of_required),)*];
            for_all((optional, required), async |(optional, required)| {
                let shown_values = format!("{optional:?} {required:?}");
                let mut optional = optional.into_iter();
                let mut required = required.into_iter();
                let parameters = $kind {
                    $($optional: optional.next().unwrap().map(|value| typed(&value)),)*
                    $($required: typed(&required.next().unwrap()),)*
                };
                assert!(optional.next().is_none() && required.next().is_none());
                let wanted = shown(&parameters);
                match api.$function(parameters).await {
                    Ok($success::Ok(answer)) => {
                        assert_eq!(received(answer), wanted, "{shown_values}");
                        true
                    }
                    Err(error) if is_not_expressible(&error) => false,
                    Err(error) => panic!("{error}: {shown_values}"),
                }
            });
        }
    )*};
}

#[test]
fn parameters_of_every_type() {
    parameters!(
        types TypesSuccess TypesParameters, "GET /types",
        optional {
            int32 "query int32", int64 "query int64", float "query float", double "query double",
            decimal "query decimal", truth "query truth", text "query text", date "query date",
            time "query time", uuid "query uuid", bytes "query bytes", color "query color",
            level "query level", either "query either", json "query json", flag "query flag",
        } required {};
        required RequiredSuccess RequiredParameters, "GET /required",
        optional {} required { q "query q", x_header "header X-Header", crumb "cookie crumb", };
        own OwnSuccess OwnParameters, "GET /own/{id}",
        optional { ids "query ids", word "query word", both "query both", } required { id "path id", };
    );
}

#[test]
fn parameters_of_every_style() {
    parameters!(
        query QuerySuccess QueryParameters, "GET /query",
        optional {
            form "query form", exploded "query exploded", space "query space", pipe "query pipe",
            deep "query deep", point "query point", spread "query spread",
        } required {};
        free FreeSuccess FreeParameters, "GET /free",
        optional {
            rest "query rest", other "query other", deep "query deep", named "query named",
            jar "cookie jar", note "cookie note",
        } required {};
        simple SimpleSuccess SimpleParameters, "GET /path/{simple}/{list}/{object}/{exploded}",
        optional {} required { simple "path simple", list "path list", object "path object", exploded "path exploded", };
        label LabelSuccess LabelParameters, "GET /label/{one}/{list}/{exploded}/{object}/{fields}",
        optional {} required { one "path one", list "path list", exploded "path exploded", object "path object", fields "path fields", };
        matrix MatrixSuccess MatrixParameters, "GET /matrix/{one}/{list}/{exploded}/{object}/{fields}",
        optional {} required { one "path one", list "path list", exploded "path exploded", object "path object", fields "path fields", };
        header HeaderSuccess HeaderParameters, "GET /header",
        optional {
            x_number "header X-Number", x_list "header X-List", x_point "header X-Point",
            x_fields "header X-Fields", x_color "header X-Color", one "cookie one",
            list "cookie list", exploded "cookie exploded", point "cookie point",
        } required {};
    );
}
