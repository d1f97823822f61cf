//! How generated code reads a parameter of a request, and its type.

use std::collections::HashSet;

use anyhow::Result;
use serde_json::{Value, json};

use super::Views;
use crate::contract;
use crate::docs::docs;
use crate::names::Name;
use crate::operation::Operation;
use crate::parameter::Parameter;
use crate::schema::{Kind, Shape, Type, Unknown, option};
use crate::source::{Code, code};

impl<'c> Views<'_, 'c> {
    pub(crate) fn parameter(
        &mut self,
        operation: &Operation<'c>,
        parameter: &Parameter<'c>,
        local: Name,
    ) -> Result<Value> {
        let Parameter {
            wire, place, kind, ..
        } = parameter;
        let schema = parameter.node.value;
        let method = operation.method.to_uppercase();
        if !self.calls {
            self.root(
                format!("{method} {} {place} {wire}", operation.path),
                &parameter.schema,
            )?;
        }
        let exact = self.schemas.is_exact(kind);
        let fast = exact
            && !parameter.json
            && match &kind.kind {
                Kind::List(item) => item.kind.is_scalar(self.schemas) && !item.nullable,
                other => other.is_scalar(self.schemas),
            };
        let rust = self.spell(kind);
        let check = self.checks.closure(kind);
        // `allowEmptyValue`: an empty text means no value.
        let may_be_empty = schema["allowEmptyValue"] == true
            && *place == "query"
            && !matches!(kind.kind, Kind::String);
        let required = (schema["required"] == true || *place == "path") && !may_be_empty;
        let default = contract::follow(self.schemas.contract, parameter.schema.clone())?.value;
        // A client leaves it to the server.
        let default = if required || self.calls {
            None
        } else {
            self.schemas.literal(kind, &default["default"], "models::")
        };
        let (suffix, item) = match (&kind.kind, fast) {
            (Kind::List(item), true) => ("_list", self.spell(item)),
            (_, true) => ("", rust.clone()),
            (_, false) => ("_value", rust.clone()),
        };
        let validated = match (fast, exact) {
            (false, false) => ".validated()",
            _ => "",
        };
        let read = match (required, &default) {
            (true, _) => code!("required{}::<{}>({})", suffix, item, check),
            (false, Some(default)) => {
                code!("default{}::<{}>(|| {}, {})", suffix, item, default, check)
            }
            (false, None) => code!("optional{}::<{}>({})", suffix, item, check),
        };
        let source = self.source(operation, parameter, may_be_empty, fast);
        let field = if required || default.is_some() {
            rust
        } else {
            option(&rust)
        };
        let binding = if local == parameter.name {
            code!("{}", local)
        } else {
            code!("{}: {}", parameter.name, local)
        };
        Ok(json!({
            "name": parameter.name,
            "local": local,
            "binding": binding,
            "type": field,
            "read": code!("input.{}{}.{}", source, validated, read),
            "isOptional": !required && default.is_none(),
            "write": written(parameter),
            "parameterDocs": Code::docs(docs(schema, &format!("`{wire}` of the contract."))),
        }))
    }

    /// The expression that finds the texts of a parameter and splits them, by its style.
    fn source(
        &self,
        operation: &Operation,
        parameter: &Parameter,
        may_be_empty: bool,
        fast: bool,
    ) -> Code {
        let place = parameter.place;
        let wire = Code::literal(&parameter.wire);
        let start = match place {
            "path" => {
                let segment = &operation.segments[&parameter.wire];
                if *segment == parameter.wire {
                    code!("path({})", wire)
                } else {
                    code!("path_at({}, {})", Code::literal(segment), wire)
                }
            }
            _ => code!("{}({})", place, wire),
        };
        let start = if may_be_empty {
            code!("{}.or_empty()", start)
        } else {
            start
        };
        if parameter.json {
            return code!("{}.json()", start);
        }
        let (style, explode) = parameter.style();
        let list = self.has(&parameter.kind, &|kind| matches!(kind, Kind::List(_)));
        let object = self.is_object(&parameter.kind);
        if object && style == "deepObject" {
            return code!("deep_object({})", wire);
        }
        if object && style == "form" && explode {
            return self.spread(operation, parameter, place, &wire);
        }
        let plain = !object && !list;
        let split = match (style, plain) {
            ("label", _) => code!(".label({})", !plain),
            ("matrix", _) => code!(".matrix({}, {})", !plain, explode),
            (_, true) => Code::of(""),
            ("spaceDelimited", _) if !explode => Code::of(r#".split(&["%20", "+", " "])"#),
            ("pipeDelimited", _) if !explode => Code::of(r#".split(&["|", "%7C", "%7c"])"#),
            ("form", _) if explode && place == "cookie" => Code::of(".repeated()"),
            ("form" | "spaceDelimited" | "pipeDelimited", _) if explode => Code::of(""),
            // `deepObject` has no syntax for lists.
            ("deepObject", _) => Code::of(""),
            _ => Code::of(r#".split(&[","])"#),
        };
        let members = match (object, explode) {
            (false, _) => "",
            (true, true) => ".assignments()",
            (true, false) => ".pairs()",
        };
        let as_list = match &parameter.kind.kind {
            _ if fast || object || !list => "",
            Kind::List(_) => ".list()",
            _ => ".maybe_list()",
        };
        code!("{}{}{}{}", start, split, members, as_list)
    }

    /// `form` with `explode`: each member of the object is a separate parameter.
    fn spread(
        &self,
        operation: &Operation,
        parameter: &Parameter,
        place: &'static str,
        wire: &Code,
    ) -> Code {
        let (own, open) = self.properties(&parameter.kind);
        if !open {
            return code!(
                "members({}, {}, {})",
                Code::literal(place),
                wire,
                Code::literals(own)
            );
        }
        let mut names = Vec::new();
        let mut deep = Vec::new();
        for other in &operation.parameters {
            if other.place != place || other.wire == parameter.wire {
                continue;
            }
            names.push(other.wire.clone());
            if other.json || !self.is_object(&other.kind) {
                continue;
            }
            match other.style() {
                ("deepObject", _) => deep.push(other.wire.clone()),
                ("form", true) => names.extend(self.properties(&other.kind).0),
                _ => {}
            }
        }
        // Of every operation: a browser sends a cookie even if this one does not need it.
        names.extend(self.security.keys(place).map(str::to_owned));
        names.retain(|name| !own.contains(name));
        code!(
            "other_members({}, {}, {}, {})",
            Code::literal(place),
            wire,
            Code::literals(names),
            Code::literals(deep)
        )
    }

    /// The known properties of an object, and whether it has others.
    fn properties(&self, kind: &Type) -> (Vec<String>, bool) {
        let mut known = Vec::new();
        let mut open = false;
        self.visit(kind, &mut |kind| match kind {
            Kind::Item(item) => {
                if let Shape::Struct { fields, unknown } = &self.schemas.items[*item].shape {
                    known.extend(fields.iter().map(|field| field.wire.clone()));
                    open |= matches!(unknown, Unknown::Kept(..));
                }
            }
            Kind::Map(_) => open = true,
            _ => {}
        });
        (known, open)
    }

    fn is_object(&self, kind: &Type) -> bool {
        self.has(kind, &|kind| match kind {
            Kind::Map(_) => true,
            Kind::Item(item) => matches!(self.schemas.items[*item].shape, Shape::Struct { .. }),
            _ => false,
        })
    }

    /// Whether the type or one of its alternatives is of such a kind.
    fn has(&self, kind: &Type, is: &dyn Fn(&Kind) -> bool) -> bool {
        let mut found = false;
        self.visit(kind, &mut |kind| found |= is(kind));
        found
    }

    fn visit(&self, kind: &Type, with: &mut dyn FnMut(&Kind)) {
        let mut open = vec![kind];
        let mut seen = HashSet::new();
        while let Some(kind) = open.pop() {
            with(&kind.kind);
            if let Kind::Item(item) = &kind.kind
                && let Shape::Union(union) = &self.schemas.items[*item].shape
                && seen.insert(*item)
            {
                open.extend(union.variants.iter().map(|variant| &variant.kind));
            }
        }
    }
}

/// How a client writes a parameter; `value` is a reference to it.
fn written(parameter: &Parameter) -> Code {
    let (style, explode) = parameter.style();
    let style = match style {
        _ if parameter.json => "Json",
        "label" => "Label",
        "matrix" => "Matrix",
        "form" => "Form",
        "spaceDelimited" => "SpaceDelimited",
        "pipeDelimited" => "PipeDelimited",
        "deepObject" => "DeepObject",
        _ => "Simple",
    };
    code!(
        "request.{}({}, value, runtime::client::Style::{}, {})",
        parameter.place,
        Code::literal(&parameter.wire),
        style,
        explode
    )
}
