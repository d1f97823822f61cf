//! The schemas by which generated code validates responses.

use anyhow::Result;
use serde_json::{Map, Value, json};

use super::Views;
use crate::contract;
use crate::operation::Operation;

impl<'c> Views<'_, 'c> {
    /// The responses of an operation by status: headers and media types, each with the name of its
    /// schema (`null` where it is not JSON).
    pub(crate) fn response_schemas(&mut self, operation: &Operation<'c>) -> Result<Value> {
        let mut responses = Map::new();
        for (status, node) in operation.node.child("responses").children() {
            if status.starts_with("x-") {
                continue;
            }
            let place = format!(
                "{} {} response {status}",
                operation.method.to_uppercase(),
                operation.path
            );
            let node = contract::follow(self.schemas.contract, node)?;
            let mut headers = Map::new();
            for (name, header) in node.child("headers").children() {
                let header = contract::follow(self.schemas.contract, header)?;
                let schema = header.child("schema");
                let root = if schema.value.is_null() {
                    Value::Null
                } else {
                    let root = format!("{place} header {name}");
                    self.root(root.clone(), &schema)?;
                    json!(root)
                };
                let required = header.value["required"] == true;
                headers.insert(
                    name.clone(),
                    json!({ "required": required, "schema": root }),
                );
            }
            let mut content = Map::new();
            for (media_type, media) in node.child("content").children() {
                let schema = media.child("schema");
                let essence = media_type.split(';').next().unwrap_or_default().trim();
                let is_json = essence.ends_with("/json") || essence.ends_with("+json");
                let root = if is_json && !schema.value.is_null() {
                    let root = format!("{place} {media_type}");
                    self.root(root.clone(), &schema)?;
                    json!(root)
                } else {
                    Value::Null
                };
                content.insert(essence.to_ascii_lowercase(), root);
            }
            let status = status.to_ascii_uppercase();
            responses.insert(status, json!({ "headers": headers, "content": content }));
        }
        Ok(Value::Object(responses))
    }
}
