use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;

use reqwest::Url;

use crate::error::Error;
use crate::transport::Answer;

type Page<T> = Result<Answer<Vec<T>>, Error>;
type Fetch<'a, T> =
    dyn Fn(Option<String>) -> Pin<Box<dyn Future<Output = Page<T>> + Send + 'a>> + Send + 'a;

/// The items of all pages, fetched one page after the other.
pub struct Pages<'a, T> {
    fetch: Box<Fetch<'a, T>>,
    /// The query parameter in which the next page's place is.
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

    /// The next item; none when there are no more.
    ///
    /// # Errors
    /// When a page cannot be fetched; the call may be repeated.
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

/// Where the next page begins (RFC 8288); its path stays ours, whatever gateway is in between.
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
