//! Settings of the proxy in front of a model server.

use std::time::Duration;

use serde::Deserialize;

use super::{Config, Count, Secret, Span};
use crate::http::{Options, Upstream};

/// The model server that requests in OpenAI's form are passed on to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Proxy {
    /// Where it answers, such as `https://api.openai.com/v1`; that of the language model if absent.
    pub base_url: Option<String>,
    /// The key for requests that bring none.
    pub api_key: Option<Secret>,
    /// Longest that it may say nothing.
    pub timeout: Span,
    /// Tokens that the memories in a request may have.
    pub max_tokens: Count,
}

impl Default for Proxy {
    fn default() -> Self {
        Self {
            base_url: None,
            api_key: None,
            // As long as OpenAI's clients wait.
            timeout: Span(Duration::from_secs(600)),
            max_tokens: Count(Options::default().recall_tokens),
        }
    }
}

impl Config {
    /// The model server to pass requests on to. The key of the language model goes to the language
    /// model's address alone.
    pub(crate) fn upstream(&self) -> Option<Upstream> {
        let (base_url, api_key, section) = match (&self.proxy.base_url, &self.llm.base_url) {
            (Some(own), _) => (own, self.proxy.api_key.clone(), "proxy"),
            (None, Some(llm)) => {
                let key = self.proxy.api_key.as_ref().or(self.llm.api_key.as_ref());
                (llm, key.cloned(), "llm")
            }
            (None, None) => return None,
        };
        Some(Upstream {
            base_url: base_url.clone(),
            api_key,
            timeout: self.proxy.timeout.0,
            section,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_models_key_goes_to_the_models_address_alone() {
        let key = |config: &Config| config.upstream().and_then(|u| u.api_key).map(|k| k.0);
        let mut config = Config::default();
        assert_eq!(config.upstream(), None);
        config.llm.base_url = Some("http://llm/v1".into());
        config.llm.api_key = Some(Secret("sk-llm".into()));
        assert_eq!(config.upstream().unwrap().base_url, "http://llm/v1");
        assert_eq!(key(&config).as_deref(), Some("sk-llm"));
        config.proxy.base_url = Some("http://other/v1".into());
        assert_eq!(config.upstream().unwrap().base_url, "http://other/v1");
        assert_eq!(key(&config), None);
        config.proxy.api_key = Some(Secret("sk-other".into()));
        assert_eq!(key(&config).as_deref(), Some("sk-other"));
    }
}
