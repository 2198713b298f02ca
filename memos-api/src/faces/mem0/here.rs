//! Where a list was asked for: the addresses of its other pages.

use std::convert::Infallible;

use axum::extract::FromRequestParts;
use axum::http::header::HOST;
use axum::http::request::Parts;

/// The parameters that say which page.
const PAGE: [&str; 2] = ["page", "page_size"];

/// The address of a request. Its other pages keep what else the query says.
#[derive(Clone, Debug, Default)]
pub(super) struct Here {
    /// All before the `?`; without a host if the request names none.
    base: String,
    /// What the query says besides the page.
    others: Vec<(String, String)>,
}

impl<S: Sync> FromRequestParts<S> for Here {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let named = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let host = parts.uri.authority().map(|a| a.as_str()).or(named);
        let path = parts.uri.path();
        let query = parts.uri.query().unwrap_or_default();
        let pairs = form_urlencoded::parse(query.as_bytes());
        Ok(Self {
            // This server speaks no TLS itself, and nobody is believed who says that another does.
            base: host.map_or_else(|| path.to_owned(), |host| format!("http://{host}{path}")),
            others: pairs
                .filter(|(name, _)| !PAGE.contains(&name.as_ref()))
                .map(|(name, value)| (name.into_owned(), value.into_owned()))
                .collect(),
        })
    }
}

impl Here {
    /// The address of a page.
    pub(super) fn page(&self, page: i64, size: i64) -> String {
        let mut query = self.others.clone();
        let asked = PAGE.into_iter().zip([page, size]);
        query.extend(asked.map(|(name, number)| (name.to_owned(), number.to_string())));
        // As Django writes them.
        query.sort();
        let mut written = form_urlencoded::Serializer::new(String::new());
        written.extend_pairs(query);
        format!("{}?{}", self.base, written.finish())
    }
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    async fn here(address: &str, host: Option<&str>) -> Here {
        let request = Request::builder().uri(address);
        let request = match host {
            Some(host) => request.header(HOST, host),
            None => request,
        };
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        let Ok(here) = Here::from_request_parts(&mut parts, &()).await;
        here
    }

    #[tokio::test]
    async fn another_page_is_asked_for_as_this_one_was() {
        let asked = "/v1/memories/?user_id=a%20b&page=1&fields=id&fields=memory&page_size=7";
        assert_eq!(
            here(asked, Some("127.0.0.1:7777")).await.page(2, 7),
            "http://127.0.0.1:7777/v1/memories/?fields=id&fields=memory&page=2&page_size=7&user_id=a+b"
        );
        assert_eq!(
            here("/v1/events/", None).await.page(1, 50),
            "/v1/events/?page=1&page_size=50"
        );
    }
}
