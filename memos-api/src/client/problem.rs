//! Problem documents (RFC 9457) read back into errors.

use memos_core::{Code, Error};
use serde::Deserialize;

#[derive(Deserialize)]
struct Problem {
    code: String,
    detail: Option<String>,
    title: Option<String>,
    field: Option<String>,
    remedy: Option<String>,
}

/// The error that a problem document tells of; none if it is no such document.
pub(super) fn read(body: &[u8]) -> Option<Error> {
    let problem: Problem = serde_json::from_slice(body).ok()?;
    let message = problem
        .detail
        .or(problem.title)
        .unwrap_or_else(|| problem.code.clone());
    // A newer server may know more codes.
    let code = problem.code.parse().unwrap_or(Code::Internal);
    let mut error = Error::new(code, message);
    if let Some(field) = problem.field {
        error = error.at(field);
    }
    if let Some(remedy) = problem.remedy {
        error = error.remedy(remedy);
    }
    Some(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_the_error_that_it_was() {
        let error = read(
            br#"{"type":"about:blank","title":"Invalid filter","status":400,"code":"invalid_filter",
                "detail":"no field \"x\"","field":"/filter","remedy":"use text"}"#,
        )
        .unwrap();
        assert_eq!(error.code(), Code::InvalidFilter);
        assert_eq!(error.message(), "no field \"x\"");
        assert_eq!(error.field(), Some("/filter"));
        assert_eq!(error.remedy_text(), Some("use text"));
        let newer = read(br#"{"code":"quota_used_up","title":"Quota"}"#).unwrap();
        assert_eq!((newer.code(), newer.message()), (Code::Internal, "Quota"));
        for other in [&b"<html>"[..], b"{}", b"[]", b""] {
            assert!(read(other).is_none());
        }
    }
}
