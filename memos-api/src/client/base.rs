//! The address of a server, and of its routes.

use memos_core::{Code, Error, Result};
use reqwest::Url;

/// Where the API begins under the server's address.
const API: [&str; 2] = ["api", "v1"];

/// Reads `http://host:port/path`; the scheme may be left out.
pub(super) fn parse(address: &str) -> Result<Url> {
    let refuse = |why: &str| {
        Error::new(
            Code::InvalidRequest,
            format!("{address:?} is not a server's address: {why}"),
        )
        .at("server")
        .remedy("write it as http://127.0.0.1:7777")
    };
    let text = address.trim();
    let with_scheme = match text.contains("://") {
        true => text.to_owned(),
        false => format!("http://{text}"),
    };
    let mut url = Url::parse(&with_scheme).map_err(|e| refuse(&e.to_string()))?;
    match url.scheme() {
        "http" => {}
        "https" => return Err(refuse("this program speaks plain HTTP only")),
        other => return Err(refuse(&format!("{other} is not http"))),
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it holds a user or a password"));
    }
    url.set_query(None);
    url.set_fragment(None);
    Ok(url)
}

/// A route of the API, each part encoded as one segment of the path.
pub(super) fn route(base: &Url, path: &[&str]) -> Url {
    under(base, API.iter().chain(path))
}

/// A route beside the API, for those who run the server.
pub(super) fn probe(base: &Url, name: &str) -> Url {
    under(base, [name])
}

fn under(base: &Url, path: impl IntoIterator<Item = impl AsRef<str>>) -> Url {
    let mut url = base.clone();
    url.path_segments_mut()
        .expect("an http address has a path")
        .pop_if_empty()
        .extend(path);
    url
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_may_leave_the_scheme_out() {
        for (text, url) in [
            ("127.0.0.1:7777", "http://127.0.0.1:7777/"),
            ("http://[::1]:80", "http://[::1]/"),
            (" localhost:1 ", "http://localhost:1/"),
            ("http://host/memory/?x#y", "http://host/memory/"),
        ] {
            assert_eq!(parse(text).unwrap().as_str(), url);
        }
        for bad in ["", "https://a", "ftp://a", "http://", "http://u:p@a", "a b"] {
            let error = parse(bad).unwrap_err();
            assert!(error.remedy_text().is_some(), "{bad}");
        }
    }

    #[test]
    fn ids_are_one_segment() {
        let base = parse("http://host/memory/").unwrap();
        let url = route(&base, &["cubes", "会议#2+a:b@c"]);
        let path = "http://host/memory/api/v1/cubes/%E4%BC%9A%E8%AE%AE%232+a:b@c";
        assert_eq!(url.as_str(), path);
        let bare = parse("host:1").unwrap();
        assert_eq!(
            route(&bare, &["search"]).as_str(),
            "http://host:1/api/v1/search"
        );
        assert_eq!(probe(&base, "ready").as_str(), "http://host/memory/ready");
    }
}
