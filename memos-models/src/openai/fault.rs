//! What can go wrong between a question and its answer, and what the caller is told.
//!
//! No message holds words of a prompt or of a reply: these may be anybody's secrets.

use std::time::Duration;

use memos_core::{Code, Error, Timestamp, UserId};

/// The kinds of failure, by which they are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Failure {
    /// The answer is not what the protocol says, or holds no JSON where JSON was asked for.
    Garbage,
    /// The answer holds no words.
    Empty,
    /// The answer was cut off at its longest allowed length.
    Truncated,
    /// The answer did not come in time.
    Late,
    /// The endpoint asked to be left alone for a while.
    RateLimited,
    /// The endpoint reported a fault of its own.
    ServerError,
    /// The connection broke before the answer was whole.
    Dropped,
    /// No connection could be made.
    Unreachable,
    /// The answer is JSON but does not fit the schema.
    Schema,
    /// The endpoint refused the key, the model, the address or the request.
    Refused,
    /// The model declined to answer.
    Declined,
    /// The tenant may spend no more, or the prompt is too long for one request.
    Budget,
    /// This client's own limits left no turn in time.
    Busy,
}

impl Failure {
    /// Every one, in the order of declaration.
    pub const ALL: &'static [Self] = &[
        Self::Garbage,
        Self::Empty,
        Self::Truncated,
        Self::Late,
        Self::RateLimited,
        Self::ServerError,
        Self::Dropped,
        Self::Unreachable,
        Self::Schema,
        Self::Refused,
        Self::Declined,
        Self::Budget,
        Self::Busy,
    ];

    /// The name for metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Garbage => "garbage",
            Self::Empty => "empty",
            Self::Truncated => "truncated",
            Self::Late => "late",
            Self::RateLimited => "rate_limited",
            Self::ServerError => "server_error",
            Self::Dropped => "dropped",
            Self::Unreachable => "unreachable",
            Self::Schema => "schema",
            Self::Refused => "refused",
            Self::Declined => "declined",
            Self::Budget => "budget",
            Self::Busy => "busy",
        }
    }
}

/// One failure with what is known of it.
#[derive(Debug)]
pub(super) enum Fault {
    /// What is wrong with the form of the answer.
    Garbage(&'static str),
    Empty,
    Truncated,
    Late(Duration),
    RateLimited(Option<Duration>),
    ServerError(u16),
    Dropped(Option<reqwest::Error>),
    Unreachable(reqwest::Error),
    /// The first violation, and how many there are.
    Schema(String, usize),
    Refused {
        status: u16,
        /// The endpoint's word for it, if it is a plain word.
        reason: Option<String>,
    },
    Declined,
    Spent {
        tenant: UserId,
        spent: u64,
        ceiling: u64,
        needed: u64,
        resets: Timestamp,
    },
    TooLong {
        tokens: u64,
        limit: u64,
    },
    Busy,
}

impl Fault {
    pub(super) fn kind(&self) -> Failure {
        match self {
            Self::Garbage(_) => Failure::Garbage,
            Self::Empty => Failure::Empty,
            Self::Truncated => Failure::Truncated,
            Self::Late(_) => Failure::Late,
            Self::RateLimited(_) => Failure::RateLimited,
            Self::ServerError(_) => Failure::ServerError,
            Self::Dropped(_) => Failure::Dropped,
            Self::Unreachable(_) => Failure::Unreachable,
            Self::Schema(..) => Failure::Schema,
            Self::Refused { .. } => Failure::Refused,
            Self::Declined => Failure::Declined,
            Self::Spent { .. } | Self::TooLong { .. } => Failure::Budget,
            Self::Busy => Failure::Busy,
        }
    }

    /// Whether the same request may succeed a little later.
    pub(super) fn passes(&self) -> bool {
        matches!(
            self,
            Self::RateLimited(_) | Self::ServerError(_) | Self::Dropped(_) | Self::Unreachable(_)
        )
    }

    /// Whether the endpoint may have worked on the prompt, so that its tokens are spent.
    pub(super) fn costs(&self) -> bool {
        matches!(
            self,
            Self::Garbage(_) | Self::Empty | Self::Truncated | Self::Declined | Self::Dropped(_)
        )
    }

    /// How long the endpoint asked to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::RateLimited(after) => *after,
            _ => None,
        }
    }

    /// What the caller is told. Where the endpoint is, is in the log alone.
    pub(super) fn into_error(self, is_secure: bool) -> Error {
        let unavailable = |what: String, remedy: &str| {
            Error::new(Code::Unavailable, format!("the language model {what}"))
                .remedy(remedy.to_owned())
        };
        let bad = |what: &str| {
            Error::new(
                Code::BadReply,
                format!("the language model gave a bad reply: {what}"),
            )
            .remedy("try again later; if it goes on, use a model that follows JSON schemas better")
        };
        const LATER: &str = "it is tried again later; nothing needs to be done if this is rare";
        match self {
            Self::Garbage(what) => bad(what),
            Self::Empty => bad("it holds no words"),
            Self::Truncated => bad("it was cut off at its greatest length"),
            Self::Declined => bad("the model declined to answer"),
            Self::Schema(first, count) => bad(&format!(
                "it does not fit the schema at {count} places, first {first}"
            )),
            Self::Late(limit) => unavailable(
                format!("answered too late: not within {} ms", limit.as_millis()),
                "use a faster model, or allow more time",
            ),
            Self::RateLimited(after) => unavailable(
                match after {
                    Some(after) => {
                        format!("is asked too often and wants {} s of rest", after.as_secs())
                    }
                    None => "is asked too often".to_owned(),
                },
                LATER,
            ),
            Self::ServerError(status) => unavailable(format!("failed with status {status}"), LATER),
            Self::Dropped(cause) => {
                let error = unavailable("broke the connection off".to_owned(), LATER);
                match cause {
                    Some(cause) => error.caused_by(cause.without_url()),
                    None => error,
                }
            }
            Self::Unreachable(cause) => unavailable(
                "can't be reached".to_owned(),
                match is_secure {
                    true => {
                        "correct MEMOS_LLM_BASE_URL; if a certificate authority of your own signed \
                         for it, name that in SSL_CERT_FILE"
                    }
                    false => "start it, or correct MEMOS_LLM_BASE_URL",
                },
            )
            .caused_by(cause.without_url()),
            Self::Refused { status, reason } => {
                let reason = reason.map(|r| format!(" ({r})")).unwrap_or_default();
                unavailable(
                    format!("refused the request with status {status}{reason}"),
                    match status {
                        401 | 403 => "check MEMOS_LLM_API_KEY, and that it may use MEMOS_LLM_MODEL",
                        404 => "check MEMOS_LLM_BASE_URL, and that MEMOS_LLM_MODEL exists there",
                        300..=399 => "set MEMOS_LLM_BASE_URL to where it redirects to",
                        _ => "check MEMOS_LLM_MODEL, MEMOS_LLM_BASE_URL and MEMOS_LLM_API_KEY",
                    },
                )
            }
            Self::Spent {
                tenant,
                ceiling,
                needed,
                ..
            } if needed > ceiling => Error::new(
                Code::BudgetSpent,
                format!(
                    "{tenant} may use {ceiling} tokens of the language model a day, and this prompt \
                     alone may need {needed}"
                ),
            )
            .remedy("raise the ceiling"),
            Self::Spent {
                tenant,
                spent,
                ceiling,
                needed,
                resets,
            } => Error::new(
                Code::BudgetSpent,
                format!(
                    "{tenant} has used {spent} of today's {ceiling} tokens of the language model, \
                     and this prompt may need {needed}"
                ),
            )
            .remedy(format!("wait until {resets}, or raise the ceiling"))
            .not_before(resets),
            Self::TooLong { tokens, limit } => Error::new(
                Code::TooLarge,
                format!("the prompt has about {tokens} tokens, and a request may have {limit}"),
            )
            .remedy("ask about less at once, or raise the limit of tokens for a request"),
            Self::Busy => unavailable(
                "has no turn free within the time that the answer may take".to_owned(),
                "try again later, or raise the limits of concurrency or of requests a minute",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_has_its_place_and_name() {
        let mut names: Vec<_> = Failure::ALL.iter().map(|f| f.as_str()).collect();
        for (i, failure) in Failure::ALL.iter().enumerate() {
            assert_eq!(*failure as usize, i);
        }
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), Failure::Busy as usize + 1);
    }

    #[test]
    fn the_remedy_names_what_to_set() {
        let refused = |status| {
            let reason = Some("invalid_api_key".to_owned());
            Fault::Refused { status, reason }.into_error(false)
        };
        assert_eq!(refused(401).code(), Code::Unavailable);
        let text = refused(401).to_string();
        assert!(text.contains("MEMOS_LLM_API_KEY") && text.contains("invalid_api_key"));
        assert!(refused(404).to_string().contains("MEMOS_LLM_MODEL"));
        let late = Fault::Late(Duration::from_millis(1500)).into_error(false);
        assert!(
            late.to_string()
                .contains("answered too late: not within 1500 ms")
        );
    }
}
