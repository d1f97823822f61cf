//! The view of an operation.

use anyhow::{Context, Result};
use serde_json::{Value, json};

use super::Views;
use super::body::derives;
use crate::annotate::Target;
use crate::docs::{docs, lines};
use crate::names::Scope;
use crate::operation::Operation;
use crate::response::Answer;
use crate::security::Secured;
use crate::source::Code;

impl<'c> Views<'_, 'c> {
    /// The security requirements of an operation. Those of the whole contract protect its own
    /// paths, not the webhooks of others.
    pub(crate) fn secured(&self, operation: &Operation<'c>) -> Result<Option<Secured>> {
        let own = &operation.node.value;
        if operation.is_reverse() && own["security"].is_null() {
            return Ok(None);
        }
        self.security.of(self.schemas.contract, own)
    }

    pub(crate) fn operation(&mut self, operation: &Operation<'c>) -> Result<Value> {
        self.calls = (self.target == Target::Client) != operation.is_reverse();
        let Operation { name, id, .. } = operation;
        let node = &operation.node;
        let mut local = Scope::reserving(&[
            "input", "request", "payload", "bytes", "api", "caller", "security",
        ]);
        let mut parameters = Vec::new();
        for part in &operation.parameters {
            let local = local.declare(&part.name);
            parameters.push(
                self.parameter(operation, part, local)
                    .with_context(|| format!("in parameter `{}`", part.wire))?,
            );
        }
        let body_name = local.declare("body");
        let body = match &operation.body {
            Some(body) => self
                .body(operation, body, &body_name)
                .context("in the request body")?,
            None => json!({}),
        };
        let has_body = operation.body.is_some();
        let has_input = has_body || !operation.parameters.is_empty();
        let mut answers = Vec::new();
        for answer in [Answer::Success, Answer::Failure] {
            let responses = operation.answers(answer);
            answers.push(json!({
                "answerName": name.with_suffix(answer.suffix()),
                "answerDocs": Code::docs([format!("{} of {}.", answer.docs(), operation.shown())]),
                "answerDerives": derives(responses.iter().all(|response| response.is_plain())),
                "isStub": self.target == Target::Stub && answer == Answer::Failure,
                "responses": responses
                    .into_iter()
                    .map(|response| self.response(response))
                    .collect::<Vec<_>>(),
            }));
        }
        let mut shapes = vec![body["bodyEnum"].clone()];
        shapes.extend(
            operation
                .responses
                .iter()
                .map(|response| self.response_enum(response)),
        );
        shapes.retain(|shape| !shape.is_null());

        let summary = node.value["summary"].as_str().unwrap_or(id).trim();
        let mut text = lines(&format!("{}.", summary.trim_end_matches('.')));
        if node.value["description"]
            .as_str()
            .is_some_and(|text| !text.trim().is_empty())
        {
            text.push(String::new());
            text.extend(docs(node.value, ""));
        }
        text.push(String::new());
        text.push(operation.shown());
        let secured = self.secured(operation)?;
        // A client chooses among several media types of a successful response.
        let negotiated = operation
            .answers(Answer::Success)
            .iter()
            .any(|response| response.media.len() > 1);
        let mut facts = json!({
            "function": operation.function,
            "operationName": name,
            "method": Code::literal(&operation.method.to_uppercase()),
            "httpMethod": method(&operation.method),
            "path": Code::literal(&operation.path),
            "route": Code::literal(&operation.route),
            "operationDocs": Code::docs(text),
            "parametersDocs": Code::docs([format!("The parameters of {}.", operation.shown())]),
            "parameters": parameters,
            "hasParameters": !operation.parameters.is_empty(),
            "hasBody": has_body,
            "hasInput": has_input,
            "negotiated": negotiated,
            "usesRequest": has_input || negotiated || secured.is_some(),
            "answers": answers,
            "success": name.with_suffix(Answer::Success.suffix()),
            "failure": name.with_suffix(Answer::Failure.suffix()),
            "shapes": shapes,
            "bodyLocal": body_name,
            "secured": secured.is_some(),
            "needs": secured.as_ref().map(|secured| secured.needs.clone()),
            "authorize": Code::of(match &secured {
                Some(secured) if secured.optional => "authorize_optionally",
                _ => "authorize",
            }),
            "calls": self.calls,
            "isReverse": operation.is_reverse(),
            "callerType": Code::of(match &secured {
                Some(secured) if secured.optional => "::std::option::Option<Self::Caller>",
                _ => "Self::Caller",
            }),
        });
        for part in [body, self.call(operation)] {
            if let (Some(facts), Value::Object(part)) = (facts.as_object_mut(), part) {
                facts.extend(part);
            }
        }
        Ok(facts)
    }
}

/// The name of the method in actix-web.
fn method(method: &str) -> Code {
    Code::of(match method {
        "get" => "GET",
        "put" => "PUT",
        "post" => "POST",
        "delete" => "DELETE",
        "options" => "OPTIONS",
        "head" => "HEAD",
        "patch" => "PATCH",
        _ => "TRACE",
    })
}

/// The entry of an operation in the list of all operations.
pub(crate) fn listed(operation: &Operation) -> Value {
    json!({
        "id": Code::literal(&operation.id),
        "method": Code::literal(&operation.method.to_uppercase()),
        "route": Code::literal(&operation.route),
    })
}
