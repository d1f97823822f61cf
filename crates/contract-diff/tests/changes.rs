//! Changes of a small contract, with their level and text.

#![allow(clippy::unwrap_used)]

use chrono::NaiveDate;
use contract_diff::{Change, Format, compare};
use serde_json::Value;

fn parse(text: &str) -> Value {
    yaml_serde::from_str(text).unwrap()
}

/// The changes from one text to another.
fn changes(old: &str, new: &str) -> Vec<Change> {
    let today = NaiveDate::from_ymd_opt(2026, 6, 15).unwrap();
    compare(&parse(old), &parse(new), today).changes
}

const BASE: &str = "
openapi: 3.0.3
info: {title: t, version: 1.0.0}
security: [{key: []}]
paths:
  /things/{id}:
    parameters:
      - {name: id, in: path, required: true, schema: {type: integer, format: int64}}
    get:
      operationId: getThing
      tags: [Things]
      parameters:
        - {name: q, in: query, schema: {type: string, maxLength: 10, enum: [a, b], default: a}}
        - {name: X-Trace, in: header, schema: {type: string}}
      responses:
        '200':
          description: ok
          headers:
            ETag: {required: true, schema: {type: string}}
          content:
            application/json: {schema: {$ref: '#/components/schemas/Thing'}}
        '404': {description: none}
    put:
      operationId: putThing
      tags: [Things]
      security: [{token: [write]}, {key: []}]
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: '#/components/schemas/Thing'}}
          text/plain: {schema: {type: string}}
      responses:
        '204': {description: done}
components:
  schemas:
    Thing:
      type: object
      required: [name]
      properties:
        name: {type: string, minLength: 1, pattern: '^a'}
        size: {type: integer, minimum: 0, maximum: 9, multipleOf: 1}
        kind: {$ref: '#/components/schemas/Kind'}
        parts: {type: array, items: {$ref: '#/components/schemas/Thing'}}
        shape: {oneOf: [{$ref: '#/components/schemas/Round'}, {$ref: '#/components/schemas/Square'}]}
        more: {type: object, additionalProperties: {type: integer}}
    Kind:
      type: string
      enum: [x, y]
      x-transitions: {x: [y], y: []}
    Round: {allOf: [{$ref: '#/components/schemas/Base'}, {type: object, properties: {radius: {type: number}}}]}
    Square: {type: object, properties: {side: {type: number}}}
    Base: {type: object, required: [color], properties: {color: {type: string}}}
";

/// The differences after `from` became `to` in the contract.
fn diff(from: &str, to: &str) -> Vec<String> {
    assert!(BASE.contains(from), "{from}");
    changes(BASE, &BASE.replace(from, to))
        .into_iter()
        .map(|change| format!("{} {}: {}", change.level, change.place(), change.text))
        .collect()
}

fn is(from: &str, to: &str, expected: &[&str]) {
    assert_eq!(diff(from, to), expected, "{from} → {to}");
}

#[test]
fn nothing_changed() {
    is("title: t", "title: t", &[]);
    is("description: ok", "description: fine", &[]);
    // The name of a path parameter is not part of an address.
    let renamed = BASE
        .replace("{id}", "{thing}")
        .replace("name: id,", "name: thing,");
    assert_eq!(changes(BASE, &renamed), []);
}

#[test]
fn operations() {
    is(
        "    put:\n",
        "    patch:\n",
        &[
            "breaking PUT /things/{id}: the operation is gone",
            "compatible PATCH /things/{id}: a new operation",
        ],
    );
    is(
        "getThing",
        "readThing",
        &["breaking GET /things/{id}: operationId changed from getThing to readThing"],
    );
    is(
        "operationId: getThing\n",
        "operationId: getThing\n      deprecated: true\n",
        &["compatible GET /things/{id}: is deprecated now"],
    );
    is(
        "getThing\n      tags: [Things]",
        "getThing\n      tags: [Other]",
        &["risky GET /things/{id}: the first tag changed: SDKs move the method"],
    );
}

#[test]
fn parameters() {
    is(
        "in: query, schema",
        "in: query, required: true, schema",
        &["breaking GET /things/{id}: query parameter q: is required now"],
    );
    is("name: X-Trace", "name: x-TRACE", &[]);
    is(
        "        - {name: X-Trace, in: header, schema: {type: string}}\n",
        "",
        &["breaking GET /things/{id}: header parameter X-Trace: is gone: the server ignores it"],
    );
    is(
        "name: X-Trace, in: header,",
        "name: X-New, in: header, required: true,",
        &[
            "breaking GET /things/{id}: header parameter X-Trace: is gone: the server ignores it",
            "breaking GET /things/{id}: header parameter X-New: is new and required",
        ],
    );
    is(
        "maxLength: 10",
        "maxLength: 5",
        &["breaking GET /things/{id}: query parameter q: maxLength changed from 10 to 5"],
    );
    is(
        "maxLength: 10, ",
        "",
        &["compatible GET /things/{id}: query parameter q: maxLength changed from 10 to none"],
    );
    is(
        "enum: [a, b]",
        "enum: [a, c]",
        &[
            "breaking GET /things/{id}: query parameter q: the value \"b\" is gone",
            "compatible GET /things/{id}: query parameter q: the value \"c\" is new",
        ],
    );
    is(
        "default: a",
        "default: b",
        &["risky GET /things/{id}: query parameter q: default changed from \"a\" to \"b\""],
    );
    is(
        "name: q, in: query,",
        "name: q, in: query, explode: false,",
        &["breaking GET /things/{id}: query parameter q: explode changed"],
    );
    is(
        "format: int64",
        "format: int32",
        &[
            "breaking GET /things/{id}: path parameter id: format changed from int64 to int32",
            "breaking PUT /things/{id}: path parameter id: format changed from int64 to int32",
        ],
    );
}

#[test]
fn responses() {
    is(
        "        '404': {description: none}\n",
        "",
        &["compatible GET /things/{id}: response 404: is gone"],
    );
    is(
        "'404'",
        "'410'",
        &[
            "compatible GET /things/{id}: response 404: is gone",
            "risky GET /things/{id}: response 410: is new",
        ],
    );
    is(
        "'204'",
        "'200'",
        &[
            "breaking PUT /things/{id}: response 204: is gone",
            "risky PUT /things/{id}: response 200: is new",
        ],
    );
    is(
        "ETag: {required: true,",
        "ETag: {",
        &["breaking GET /things/{id}: response 200: header etag: may be absent now"],
    );
    is(
        "ETag:",
        "Link:",
        &[
            "breaking GET /things/{id}: response 200: header etag: is gone",
            "compatible GET /things/{id}: response 200: header link: is new",
        ],
    );
}

#[test]
fn bodies() {
    is(
        "          text/plain: {schema: {type: string}}\n",
        "",
        &["breaking PUT /things/{id}: request body: no longer as text/plain"],
    );
    is(
        "text/plain:",
        "text/csv:",
        &[
            "breaking PUT /things/{id}: request body: no longer as text/plain",
            "compatible PUT /things/{id}: request body: also as text/csv",
        ],
    );
    is(
        "requestBody:\n        required: true\n",
        "requestBody:\n",
        &["compatible PUT /things/{id}: request body: is optional now"],
    );
}

/// A change of a schema has different levels in a request and in a response.
#[test]
fn schemas_in_both_directions() {
    let both = |from: &str, to: &str, response: &str, request: &str, place: &str, text: &str| {
        is(
            from,
            to,
            &[
                &format!("{response} GET /things/{{id}}: response 200 {place}: {text}"),
                &format!("{request} PUT /things/{{id}}: request body {place}: {text}"),
            ],
        );
    };
    both(
        "required: [name]",
        "required: [name, size]",
        "compatible",
        "breaking",
        "/size",
        "is required now",
    );
    both(
        "required: [name]",
        "required: []",
        "breaking",
        "compatible",
        "/name",
        "may be absent now",
    );
    both(
        "        size: {type: integer, minimum: 0, maximum: 9, multipleOf: 1}\n",
        "",
        "breaking",
        "breaking",
        "/size",
        "is gone",
    );
    both(
        "        size:",
        "        width: {type: string}\n        size:",
        "compatible",
        "compatible",
        "/width",
        "is new",
    );
    both(
        "minLength: 1",
        "minLength: 2",
        "compatible",
        "breaking",
        "/name",
        "minLength changed from 1 to 2",
    );
    both(
        "minLength: 1",
        "minLength: 0",
        "risky",
        "compatible",
        "/name",
        "minLength changed from 1 to 0",
    );
    both(
        "maximum: 9",
        "maximum: 8",
        "compatible",
        "breaking",
        "/size",
        "maximum changed from 9 to 8",
    );
    both(
        "maximum: 9",
        "maximum: 10",
        "risky",
        "compatible",
        "/size",
        "maximum changed from 9 to 10",
    );
    both(
        "'^a'",
        "'^b'",
        "risky",
        "breaking",
        "/name",
        "pattern changed from \"^a\" to \"^b\"",
    );
    both(
        "size: {type: integer",
        "size: {type: number",
        "breaking",
        "compatible",
        "/size",
        "may be number now",
    );
    both(
        "size: {type: integer",
        "size: {nullable: true, type: integer",
        "breaking",
        "compatible",
        "/size",
        "may be null now",
    );
    both(
        "enum: [x, y]",
        "enum: [x, y, z]",
        "risky",
        "compatible",
        "/kind",
        "the value \"z\" is new",
    );
    both(
        "enum: [x, y]",
        "enum: [x]",
        "compatible",
        "breaking",
        "/kind",
        "the value \"y\" is gone",
    );
    both(
        "{x: [y], y: []}",
        "{x: [y], y: [x]}",
        "risky",
        "compatible",
        "/kind",
        "y may become x now",
    );
    both(
        "{x: [y], y: []}",
        "{x: [], y: []}",
        "compatible",
        "breaking",
        "/kind",
        "x may no longer become y",
    );
    both(
        "additionalProperties: {type: integer}",
        "additionalProperties: false",
        "compatible",
        "breaking",
        "/more",
        "allows no other members now",
    );
    both(
        "additionalProperties: {type: integer}",
        "additionalProperties: {type: integer, minimum: 1}",
        "compatible",
        "breaking",
        "/more /*",
        "minimum changed from none to 1",
    );
    both(
        ", {$ref: '#/components/schemas/Square'}",
        "",
        "compatible",
        "breaking",
        "/shape (Square)",
        "the variant is gone",
    );
    both(
        "side: {type: number}",
        "side: {type: number, minimum: 0}",
        "compatible",
        "breaking",
        "/shape (Square) /side",
        "minimum changed from none to 0",
    );
    // Through `allOf`.
    both(
        "required: [color]",
        "required: []",
        "breaking",
        "compatible",
        "/shape (Round) /color",
        "may be absent now",
    );
}

#[test]
fn security() {
    is(
        "{token: [write]}, {key: []}",
        "{token: [write]}",
        &["breaking PUT /things/{id}: credentials that were sufficient no longer are"],
    );
    is(
        "token: [write]",
        "token: [write, admin]",
        &["breaking PUT /things/{id}: credentials that were sufficient no longer are"],
    );
    is(
        "token: [write]",
        "token: []",
        &["compatible PUT /things/{id}: more credentials are sufficient now"],
    );
    is(
        "security: [{key: []}]\n",
        "",
        &["compatible GET /things/{id}: more credentials are sufficient now"],
    );
}

#[test]
fn a_change_is_one_line_even_if_names_contain_line_breaks() {
    let odd = "\"X\\n1.0.0 → 2.0.0: 0 breaking\\u2028\"";
    let old = parse(BASE);
    let new = parse(&BASE.replace("name: X-Trace", &format!("name: {odd}")));
    let report = compare(&old, &new, NaiveDate::default());
    let text = report.render(Format::Text);
    assert!(text.contains("0 breaking"), "{text}");
    assert_eq!(text.lines().count(), report.changes.len() + 1, "{text}");
    assert!(!text.contains('\u{2028}'), "{text}");
}

#[test]
fn a_schema_that_contains_itself_ends() {
    let recursive = |schema: &str| {
        format!("{BASE}    Tree: {{additionalProperties: {{allOf: [{{$ref: '#/components/schemas/Tree'}}]}}}}\n")
            .replace("{type: object, properties: {side: {type: number}}}", schema)
    };
    let old = recursive("{$ref: '#/components/schemas/Tree'}");
    let new = recursive("{type: object}");
    assert!(!changes(&old, &new).is_empty());
    assert_eq!(changes(&old, &old), []);
}

#[test]
fn formats() {
    let old = parse(BASE);
    let new = BASE
        .replace("maximum: 9", "maximum: 8")
        .replace("[x, y]", "[x, y, \"<b>\"]");
    let report = compare(&old, &parse(&new), NaiveDate::default());
    assert_eq!(
        report.render(Format::Markdown),
        "## 1.0.0 (changes since 1.0.0)

### Breaking

- `PUT /things/{id}`: request body /size: maximum changed from 9 to 8.

### To check

- `GET /things/{id}`: response 200 /kind: the value \"\\<b\\>\" is new; the SDKs keep a value that they do not know; code that matches every value needs a branch for others.

### Added

- `PUT /things/{id}`: request body /kind: the value \"\\<b\\>\" is new.

### Changed

- `GET /things/{id}`: response 200 /size: maximum changed from 9 to 8.
"
    );
    let json: serde_json::Value = serde_json::from_str(&report.render(Format::Json)).unwrap();
    assert_eq!(json["breaking"], 1);
    assert_eq!(
        json["changes"][0]["rule"],
        "response-property-maximum-decreased"
    );
    assert_eq!(
        json["changes"][0]["place"],
        "GET /things/{id}: response 200 /size"
    );
    let fault = "a breaking change needs info.version 2.0.0 or more, and it is 1.0.0";
    assert_eq!(json["version_fault"], fault);
}
