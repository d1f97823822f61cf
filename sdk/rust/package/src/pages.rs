use std::collections::VecDeque;
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
            self.next = match next_place(page.header("link"), self.place) {
                Some(place) => Next::From(place),
                None => Next::None,
            };
            self.items = page.value.into();
        }
    }
}

/// The position of the next page (RFC 8288). The link's path is ignored: a gateway may have
/// changed it.
fn next_place(link: &str, place: &str) -> Option<String> {
    let next = link
        .split(",<")
        .flat_map(|links| links.split(", <"))
        .find(|link| {
            let parameters = link.split(';').skip(1);
            parameters
                .map(str::trim)
                .any(|each| each == "rel=\"next\"" || each == "rel=next")
        })?;
    let target = next.trim_start_matches('<').split('>').next()?;
    let url = Url::parse("http://service").ok()?.join(target).ok()?;
    let mut query = url.query_pairs();
    query.find_map(|(name, value)| (name == place).then(|| value.into_owned()))
}
