//! From the answer of the database to the failures of the contracts.

use crate::db::StoreError;

/// Why an operation was not done.
#[derive(Debug)]
pub(crate) enum Refused {
    /// There is nothing with this id.
    Missing,
    /// The id was used with another request.
    Reused,
    /// A business answer.
    Business(String),
    /// The database did not answer; what happened is unknown.
    Unavailable,
}

impl Refused {
    pub(crate) fn from_code(code: String) -> Self {
        match code.as_str() {
            "not_found" => Self::Missing,
            "id_reused" => Self::Reused,
            _ => Self::Business(code),
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        tracing::error!(error.message = %error, "the database refused an operation");
        Self::Unavailable
    }
}

/// The failures of operations from [`Refused`]: `Failure: what else than 503`. The module must have
/// `models` of its contract.
macro_rules! failures {
    ($($failure:ident: $($kind:ident)*;)*) => {$(
        impl From<$crate::answer::Refused> for $failure {
            fn from(refused: $crate::answer::Refused) -> Self {
                $($crate::answer::failures!(@$kind refused);)*
                let (code, detail) = ("unavailable", format!("{refused:?}"));
                let body = $crate::answer::problem!(503, "Service Unavailable", code, detail);
                Self::ServiceUnavailable { body, retry_after: 1 }
            }
        }
    )*};
    (@missing $refused:ident) => {
        if matches!($refused, $crate::answer::Refused::Missing) {
            let detail = "there is nothing with this id";
            return Self::NotFound($crate::answer::problem!(404, "Not Found", "not_found", detail));
        }
    };
    (@reused $refused:ident) => {
        if matches!($refused, $crate::answer::Refused::Reused) {
            let (code, detail) = ("id_reused", "the id was used before with a different request");
            return Self::UnprocessableContent(
                $crate::answer::problem!(422, "Unprocessable Content", code, detail));
        }
    };
    (@business $refused:ident) => {
        if let $crate::answer::Refused::Business(code) = &$refused
            && let Ok(code) = code.parse()
        {
            return Self::Conflict(models::Refusal {
                title: "Conflict".into(),
                status: 409,
                code,
                detail: None,
            });
        }
    };
}

/// A problem of the contract whose `models` are in scope.
macro_rules! problem {
    ($status:literal, $title:literal, $code:expr, $detail:expr) => {
        models::Problem {
            title: $title.into(),
            status: $status,
            code: $code.into(),
            detail: Some($detail.into()),
        }
    };
}

/// A request as the text that the database compares.
pub(crate) fn request(body: &impl contract_runtime::json::Json) -> Result<String, Refused> {
    let bytes = contract_runtime::json::to_vec(body).map_err(|_| Refused::Unavailable)?;
    String::from_utf8(bytes).map_err(|_| Refused::Unavailable)
}

pub(crate) use {failures, problem};
