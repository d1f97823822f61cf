use std::collections::{HashMap, VecDeque};
use std::future::Future;
use std::pin::Pin;

use reqwest::Url;

use crate::error::Error;
use crate::transport::Answer;

type Page<T> = Result<Answer<Vec<T>>, Error>;
type Fetch<'a, T> =
    dyn Fn(Option<String>) -> Pin<Box<dyn Future<Output = Page<T>> + Send + 'a>> + Send + 'a;

/// The items of all pages. Pages are fetched on demand.
pub struct Pages<'a, T> {
    fetch: Box<Fetch<'a, T>>,
    /// The query parameter that holds the position of the next page.
    place: &'static str,
    items: VecDeque<T>,
    next: Next,
}

enum Next {
    First,
    From(String),
    None,
}

impl<'a, T> Pages<'a, T> {
    pub(crate) fn new(place: &'static str, fetch: Box<Fetch<'a, T>>) -> Self {
        Self {
            fetch,
            place,
            items: VecDeque::new(),
            next: Next::First,
        }
    }

    /// Returns the next item; `None` after the last one.
    ///
    /// # Errors
    /// If a page cannot be fetched; the call may be repeated.
    pub async fn next(&mut self) -> Result<Option<T>, Error> {
        loop {
            if let Some(item) = self.items.pop_front() {
                return Ok(Some(item));
            }
            let page = match &self.next {
                Next::First => (self.fetch)(None).await?,
                Next::From(place) => (self.fetch)(Some(place.clone())).await?,
                Next::None => return Ok(None),
            };
            let place = page
                .linked_page("next")
                .and_then(|mut query| query.remove(self.place));
            self.next = place.map_or(Next::None, Next::From);
            self.items = page.value.into();
        }
    }
}

impl<T> Answer<T> {
    /// The query of the page with this relation (RFC 8288), `next` or `prev`; `None` if there is
    /// none. The link's path is ignored: a gateway may have changed it.
    pub fn linked_page(&self, relation: &str) -> Option<HashMap<String, String>> {
        let relations = [format!("rel=\"{relation}\""), format!("rel={relation}")];
        let link = self
            .header("link")
            .split(",<")
            .flat_map(|links| links.split(", <"))
            .find(|link| {
                let mut parameters = link.split(';').skip(1).map(str::trim);
                parameters.any(|each| relations.iter().any(|relation| relation == each))
            })?;
        let target = link.trim_start_matches('<').split('>').next()?;
        let url = Url::parse("http://service").ok()?.join(target).ok()?;
        Some(url.query_pairs().into_owned().collect())
    }
}
