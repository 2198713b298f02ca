//! Whose work it is: the contract knows work by the user who asked for it, and by the name that the
//! user gave to the request, whatever cubes it is about.

use crate::service::By;

/// Who asked, and under which name.
#[derive(Clone, Debug, Default)]
pub(super) struct Owner {
    task: Option<String>,
    labels: Vec<String>,
}

impl Owner {
    pub(super) fn new(user: Option<&str>, task: Option<String>) -> Self {
        let task = task.filter(|task| !task.is_empty());
        let named = task.as_deref().zip(user);
        let named = named.map(|(task, user)| of_request(user, task));
        Self {
            labels: user.map(of_user).into_iter().chain(named).collect(),
            task,
        }
    }

    /// By what the work is found; a request without a name has the one that the server gave it.
    pub(super) fn by<'a>(&'a self, request_id: Option<&'a str>) -> By<'a> {
        By {
            request: self.task.as_deref().or(request_id),
            labels: &self.labels,
        }
    }
}

/// The label of all work of a user.
pub(super) fn of_user(user: &str) -> String {
    format!("user:{user}")
}

/// The label of the work of one request. The length keeps names apart that hold a colon.
pub(super) fn of_request(user: &str, task: &str) -> String {
    format!("user-task:{}:{user}:{task}", user.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_colons_are_not_confused() {
        assert_ne!(of_request("a:b", "c"), of_request("a", "b:c"));
        let nobodys = Owner::new(None, Some("t".to_owned()));
        assert_eq!(nobodys.by(Some("r")).request, Some("t"));
        assert!(nobodys.by(None).labels.is_empty());
        let unnamed = Owner::new(Some("a"), Some(String::new()));
        assert_eq!(unnamed.by(Some("r")).request, Some("r"));
        assert_eq!(unnamed.by(None).labels, ["user:a"]);
    }
}
