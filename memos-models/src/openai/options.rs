//! What a client of an endpoint is told: where it is, which model, and how much it may take.

use std::fmt;
use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use memos_core::{Code, Error, Result};
use reqwest::Url;

/// A secret that the endpoint knows the caller by. Neither shown nor logged.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// A key; the space around it is cut off.
    pub fn new(key: &str) -> Self {
        Self(key.trim().to_owned())
    }

    /// As the endpoint wants it: the value of `Authorization`.
    ///
    /// # Errors
    /// `InvalidRequest` for what no header can carry.
    pub fn header(&self) -> Result<reqwest::header::HeaderValue> {
        let mut value = reqwest::header::HeaderValue::try_from(format!("Bearer {}", self.0))
            .map_err(|_| {
                Error::new(
                    Code::InvalidRequest,
                    "the API key holds characters that no header can carry",
                )
                .at("api_key")
                .remedy("copy the key for MEMOS_LLM_API_KEY again, on one line")
            })?;
        value.set_sensitive(true);
        Ok(value)
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ApiKey(hidden)")
    }
}

/// Where the model is and how much of it may be used.
#[derive(Clone, Debug)]
pub struct OpenAiOptions {
    /// Address of the API: `https://api.openai.com/v1`, `http://127.0.0.1:11434/v1` for Ollama,
    /// `http://127.0.0.1:8000/v1` for vLLM. Where no part of its path is a version, `/v1` is added.
    pub base_url: String,
    /// The secret, if the endpoint wants one.
    pub api_key: Option<ApiKey>,
    /// Name of the model, as the endpoint knows it.
    pub model: String,
    /// Longest that a whole answer may take, waiting, retries and repair included.
    pub timeout: Duration,
    /// Longest that a connection may take.
    pub connect_timeout: Duration,
    /// How often one question is sent at most while the endpoint fails.
    pub attempts: NonZeroU32,
    /// Pause before the second attempt; it doubles with each further one.
    pub backoff: Duration,
    /// Requests that may be under way at once.
    pub max_concurrency: NonZeroUsize,
    /// Requests that may be sent in a minute.
    pub requests_per_minute: Option<NonZeroU32>,
    /// Tokens that one request may take, prompt and answer together. If set, every request tells
    /// the endpoint how long its answer may be.
    pub request_tokens: Option<NonZeroU32>,
    /// Tokens that one tenant may spend in a day (UTC), prompts and answers together.
    pub tenant_tokens_per_day: Option<u64>,
}

impl OpenAiOptions {
    /// A model at an address, without a key, within a minute, in three attempts, four at a time,
    /// without a ceiling for spending.
    pub fn new(base_url: impl Into<String>, model: impl Into<String>) -> Self {
        Self {
            base_url: base_url.into(),
            api_key: None,
            model: model.into(),
            timeout: Duration::from_secs(60),
            connect_timeout: Duration::from_secs(5),
            attempts: NonZeroU32::MIN.saturating_add(2),
            backoff: Duration::from_millis(500),
            max_concurrency: NonZeroUsize::MIN.saturating_add(3),
            requests_per_minute: None,
            request_tokens: None,
            tenant_tokens_per_day: None,
        }
    }
}

/// The address of an OpenAI-compatible API as people write it, made whole: with its version, without
/// a slash at the end.
///
/// # Errors
/// `InvalidRequest` for what is no http or https address, or carries a user, a password, a query or
/// a fragment.
pub fn base_url(text: &str) -> Result<Url> {
    // The text is not repeated: it may hold a password.
    let refuse = |why: &str| {
        Error::new(
            Code::InvalidRequest,
            format!("the language model's address can't be used: {why}"),
        )
        .at("base_url")
        .remedy("set MEMOS_LLM_BASE_URL to an address such as http://127.0.0.1:11434/v1")
    };
    let mut url = Url::parse(text.trim()).map_err(|e| refuse(&e.to_string()))?;
    if !matches!(url.scheme(), "http" | "https") {
        return Err(refuse("it begins with neither http:// nor https://"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(refuse("it holds a user or a password"));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(refuse("it holds a query or a fragment"));
    }
    let mut path: Vec<String> = url
        .path_segments()
        .map(|parts| parts.filter(|p| !p.is_empty()).map(str::to_owned).collect())
        .unwrap_or_default();
    if path.ends_with(&["chat".to_owned(), "completions".to_owned()]) {
        path.truncate(path.len() - 2);
    }
    if !path.iter().any(|part| is_version(part)) {
        path.push("v1".to_owned());
    }
    url.set_path(&path.join("/"));
    Ok(url)
}

/// `v1`, `v4`, `v1beta`.
fn is_version(part: &str) -> bool {
    part.strip_prefix('v')
        .is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_as_people_write_them() {
        for (written, meant) in [
            ("http://127.0.0.1:11434", "http://127.0.0.1:11434/v1"),
            ("http://127.0.0.1:11434/", "http://127.0.0.1:11434/v1"),
            ("http://127.0.0.1:11434/v1/", "http://127.0.0.1:11434/v1"),
            (" https://api.example/v1 ", "https://api.example/v1"),
            ("https://h/v1/chat/completions", "https://h/v1"),
            ("https://h/api/paas/v4", "https://h/api/paas/v4"),
            ("https://h/v1beta/openai/", "https://h/v1beta/openai"),
            ("https://h/compatible", "https://h/compatible/v1"),
            ("https://h/video", "https://h/video/v1"),
        ] {
            assert_eq!(base_url(written).unwrap().as_str(), meant, "{written}");
        }
        for bad in [
            "",
            "localhost:80",
            "ftp://h",
            "http://u:p@h",
            "http://h?k=1",
        ] {
            let error = base_url(bad).unwrap_err();
            assert_eq!(error.code(), Code::InvalidRequest, "{bad}");
            assert!(!error.to_string().contains("u:p"), "{error}");
        }
    }

    #[test]
    fn a_key_is_never_shown() {
        let mut options = OpenAiOptions::new("http://h", "m");
        options.api_key = Some(ApiKey::new(" sk-secret\n"));
        assert!(!format!("{options:?}").contains("secret"));
        let header = options.api_key.unwrap().header().unwrap();
        assert_eq!(header, "Bearer sk-secret");
        assert!(!format!("{header:?}").contains("secret"));
        let error = ApiKey::new("sk-a\nb").header().unwrap_err();
        assert!(!error.to_string().contains("sk-a"), "{error}");
    }
}
