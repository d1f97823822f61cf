//! Bodies of `multipart/form-data`.

use actix_multipart::Multipart;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures::{StreamExt, TryStreamExt, stream};

use super::Input;
use crate::fields::{self, Field};
use crate::{Binary, Json};

impl Input<'_> {
    /// Reads a body of `multipart/form-data`. Its files are held in memory, like every body.
    pub async fn multipart<T: Json>(
        &mut self,
        bytes: &Bytes,
        media_type: &str,
        validated: bool,
        check: impl Fn(&T) -> bool,
    ) -> Option<T> {
        let body = stream::iter([Ok::<_, PayloadError>(bytes.clone())]).boxed_local();
        match parts(Multipart::new(self.request.headers(), body)).await {
            Ok(parts) => self.fields(parts, media_type, validated, check),
            Err(error) => {
                self.violation("", format!("is not valid multipart/form-data: {error}"));
                None
            }
        }
    }
}

async fn parts(
    mut multipart: Multipart,
) -> Result<Vec<(Vec<String>, Field)>, actix_multipart::MultipartError> {
    let mut parts = Vec::new();
    while let Some(mut part) = multipart.try_next().await? {
        let name = part.name().unwrap_or_default().to_owned();
        let disposition = part.content_disposition();
        let file_name = disposition
            .and_then(|value| value.get_filename())
            .map(str::to_owned);
        let content_type = part
            .content_type()
            .map(|value| value.essence_str().to_owned());
        let mut bytes = Vec::new();
        while let Some(chunk) = part.try_next().await? {
            bytes.extend_from_slice(&chunk);
        }
        let json = content_type
            .as_deref()
            .is_some_and(|name| name.ends_with("json"));
        let field = match (String::from_utf8(bytes), file_name) {
            (Ok(text), None) if json => match serde_json::from_str(&text) {
                Ok(value) => Field::Json(value),
                Err(_) => Field::Text(text),
            },
            (Ok(text), None)
                if content_type
                    .as_deref()
                    .is_none_or(|name| name == "text/plain") =>
            {
                Field::Text(text)
            }
            (text, file_name) => Field::File(Binary {
                bytes: text
                    .map_or_else(|error| error.into_bytes(), String::into_bytes)
                    .into(),
                file_name,
                content_type,
            }),
        };
        parts.push((fields::path(&name), field));
    }
    Ok(parts)
}
