//! The id that ties an answer, its problem document and its log lines together.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use uuid::Uuid;

/// The header that carries it, both ways.
pub(super) const HEADER: HeaderName = HeaderName::from_static("x-request-id");

/// Characters that a caller's own id may have.
const LONGEST: usize = 128;

/// Identity of a request.
#[derive(Clone, Debug)]
pub(crate) struct RequestId(HeaderValue);

impl RequestId {
    /// The caller's, if it is 1 to 128 visible ASCII characters; else a new UUIDv7.
    pub(super) fn of(headers: &HeaderMap) -> Self {
        match headers.get(HEADER) {
            Some(given) if is_sane(given.as_bytes()) => Self(given.clone()),
            _ => Self::generate(),
        }
    }

    fn generate() -> Self {
        let mut buffer = Uuid::encode_buffer();
        let text = Uuid::now_v7().hyphenated().encode_lower(&mut buffer);
        Self(HeaderValue::from_str(text).expect("a UUID is visible ASCII"))
    }

    pub(crate) fn as_str(&self) -> &str {
        self.0.to_str().expect("only visible ASCII is let in")
    }

    pub(super) fn into_header(self) -> HeaderValue {
        self.0
    }
}

fn is_sane(id: &[u8]) -> bool {
    (1..=LONGEST).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(given: &[u8]) -> String {
        let headers = HeaderMap::from_iter([(HEADER, HeaderValue::from_bytes(given).unwrap())]);
        RequestId::of(&headers).as_str().to_owned()
    }

    #[test]
    fn a_sane_id_is_kept_and_any_other_is_replaced() {
        assert_eq!(of(b"order-7/retry:2"), "order-7/retry:2");
        assert_eq!(of(&[b'x'; 128]), "x".repeat(128));
        for bad in [
            &b""[..],
            b"two words",
            b"tab\there",
            "é".as_bytes(),
            &[b'x'; 129],
        ] {
            let made = of(bad);
            assert_eq!(
                Uuid::parse_str(&made).unwrap().get_version_num(),
                7,
                "{bad:?}"
            );
        }
        let headers = HeaderMap::new();
        assert_ne!(
            RequestId::of(&headers).as_str(),
            RequestId::of(&headers).as_str()
        );
    }
}
