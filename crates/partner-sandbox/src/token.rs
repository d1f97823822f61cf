//! The bearer token of the partners.

use std::marker::PhantomData;

use actix_web::HttpRequest;
use contract_runtime::SecurityScheme;
use contract_runtime::server::{Authenticate, Credential, Presented, Rejection};

/// Accepts one token, for the schemes of one contract.
pub(crate) struct Token<S>(String, PhantomData<S>);

impl<S> Token<S> {
    pub(crate) fn new(token: &str) -> Self {
        Self(token.to_owned(), PhantomData)
    }
}

impl<S: SecurityScheme> Authenticate for Token<S> {
    type Scheme = S;
    type Caller = ();

    async fn authenticate(
        &self,
        _request: &HttpRequest,
        presented: &[Presented<S>],
    ) -> Result<(), Rejection> {
        let known = |one: &Presented<S>| matches!(&one.credential, Credential::Bearer(token) if *token == self.0);
        match presented.iter().all(known) {
            true => Ok(()),
            false => Err(Rejection::unauthorized("the token is not valid")),
        }
    }
}
