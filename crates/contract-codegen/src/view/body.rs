//! How generated code reads the body of a request.

use anyhow::Result;
use serde_json::{Value, json};

use super::Views;
use crate::body::{Body, Format, Media};
use crate::names::Name;
use crate::operation::Operation;
use crate::schema::{STRING, option};
use crate::source::{Code, code};

impl<'c> Views<'_, 'c> {
    pub(crate) fn body(
        &mut self,
        operation: &Operation<'c>,
        body: &Body<'c>,
        local: &Name,
    ) -> Result<Value> {
        let several = body.media.len() > 1;
        let mut cases = Vec::new();
        let mut variants = Vec::new();
        let mut inner = Code::of("()");
        for (index, media) in body.media.iter().enumerate() {
            let (rust, mut read) = self.reader(operation, media)?;
            if several && media.format == Format::Bytes {
                read = code!(
                    "::std::option::Option::Some({}::{}(bytes.clone()))",
                    body.enumeration,
                    media.variant
                );
            } else if several {
                read = code!("{}.map({}::{})", read, body.enumeration, media.variant);
            }
            cases.push(json!({ "caseIndex": index, "caseRead": read }));
            variants.push(body_variant(media, &rust));
            inner = rust;
        }
        if several {
            inner = code!("{}", body.enumeration);
        }
        let media_types: Vec<&String> = body.media.iter().map(|media| &media.media_type).collect();
        let shape = several.then(|| {
            json!({
                "shapeName": body.enumeration,
                "shapeDocs": Code::docs([format!("The body of {}, by its media type.", operation.shown())]),
                "shapeDerives": derives(true),
                "shapeVariants": variants,
            })
        });
        Ok(json!({
            "bodyType": if body.required { inner } else { option(&inner) },
            "bodyEnum": shape,
            "bodyMedia": Code::literals(media_types),
            "bodyCases": cases,
            "bodyRequired": body.required,
            "bodyBinding": local,
        }))
    }

    /// The type of a body with this media type, and the expression that reads it.
    fn reader(&mut self, operation: &Operation<'c>, media: &Media<'c>) -> Result<(Code, Code)> {
        let check = self.checks.closure(&media.kind);
        let exact = self.schemas.is_exact(&media.kind);
        let media_type = &media.media_type;
        let wire = Code::literal(media_type);
        let method = operation.method.to_uppercase();
        let scalar = media.kind.kind.is_scalar(self.schemas) && exact && !media.kind.nullable;
        let by_schema = matches!(
            media.format,
            Format::Json | Format::Form | Format::Multipart
        ) || (media.format == Format::Text && scalar);
        if by_schema && !self.calls {
            let root = format!("{method} {} body {media_type}", operation.path);
            self.root(root.clone(), &media.schema)?;
            if media.delimiters != json!({})
                && let Some(Value::Object(schema)) = self.roots.get_mut(&root)
            {
                schema.insert("delimiters".into(), media.delimiters.clone());
            }
        }
        let rust = self.spell(&media.kind);
        let validated = if exact { "" } else { "_validated" };
        Ok(match media.format {
            Format::Json => {
                let read = code!(
                    "input.json{}::<{}>(&bytes, {}, {})",
                    validated,
                    rust,
                    wire,
                    check
                );
                (rust, read)
            }
            Format::Form => {
                let read = code!(
                    "input.form::<{}>(&bytes, {}, {}, {})",
                    rust,
                    wire,
                    !exact,
                    check
                );
                (rust, read)
            }
            Format::Multipart => {
                let read = code!(
                    "input.multipart::<{}>(&bytes, {}, {}, {}).await",
                    rust,
                    wire,
                    !exact,
                    check
                );
                (rust, read)
            }
            Format::Text if scalar => {
                let read = code!("input.text::<{}>(&bytes, {}, {})", rust, wire, check);
                (rust, read)
            }
            Format::Text | Format::Events => (
                Code::of(STRING),
                code!("input.text::<{}>(&bytes, {}, |_| true)", STRING, wire),
            ),
            // A client says which media type it sends.
            Format::Bytes if self.calls && media.media_type.contains('*') => {
                (Code::of("runtime::Binary"), Code::of("()"))
            }
            Format::Bytes => (
                Code::of("runtime::bytes::Bytes"),
                Code::of("::std::option::Option::Some(bytes.clone())"),
            ),
        })
    }
}

/// One alternative of several bodies.
pub(super) fn body_variant(media: &Media, kind: &Code) -> Value {
    json!({
        "shapeVariantDocs": Code::docs([format!("`{}`", media.media_type)]),
        "shapeVariant": media.variant,
        "shapeType": kind,
    })
}

/// The derives of responses and their bodies; a streamed body has only `Debug`.
pub(crate) fn derives(plain: bool) -> Code {
    Code::of(if plain {
        "Debug, Clone, PartialEq"
    } else {
        "Debug"
    })
}
