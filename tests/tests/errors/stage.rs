//! A server that must hold in the end what it held at the beginning, and what it must say.

use memos_tests::{Client, Server, message};
use serde_json::Value;

pub(crate) const CUBES: &str = "/api/v1/cubes";
pub(crate) const NOTES: &str = "/api/v1/cubes/notes/memories";

pub(crate) struct Stage {
    pub(crate) client: Client,
    server: Server,
    id: String,
    before: (Value, Vec<Value>),
    _folder: tempfile::TempDir,
}

impl Stage {
    /// A server of these settings, with one memory in the cube `notes`.
    pub(crate) fn new(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let server = Server::with(&folder.path().join("data"), settings);
        let mut client = server.client();
        let ids = client.add("notes", &message("The ferry leaves at seven."));
        Self {
            id: ids[0].clone(),
            before: held(&mut client),
            client,
            server,
            _folder: folder,
        }
    }

    /// The path of the memory.
    pub(crate) fn path(&self) -> String {
        format!("{NOTES}/{}", self.id)
    }

    #[track_caller]
    pub(crate) fn refuses(&mut self, method: &str, path: &str, body: &[u8], with: Expected<'_>) {
        let json = [("Content-Type", "application/json")];
        let answer = self.client.send(method, path, &json, body).unwrap();
        with.check(
            &answer.problem(with.status, with.code),
            &String::from_utf8_lossy(body),
        );
    }

    /// Nothing was written, not by half either, and the server had no trouble of its own.
    #[track_caller]
    pub(crate) fn nothing_was_written(mut self) {
        assert_eq!(held(&mut self.client), self.before);
        assert_eq!(self.server.log(), "");
    }
}

fn held(client: &mut Client) -> (Value, Vec<Value>) {
    (client.get(CUBES).is(200).json(), client.list("notes"))
}

/// What a refused request must be told.
#[derive(Clone, Copy)]
pub(crate) struct Expected<'a> {
    status: u16,
    code: &'a str,
    field: Option<&'a str>,
    /// Words of the detail or the remedy.
    says: &'a str,
}

impl<'a> Expected<'a> {
    pub(crate) fn new(status: u16, code: &'a str, field: Option<&'a str>, says: &'a str) -> Self {
        Self {
            status,
            code,
            field,
            says,
        }
    }

    #[track_caller]
    pub(crate) fn check(self, problem: &Value, asked: &str) {
        assert_eq!(problem["field"].as_str(), self.field, "{asked} {problem}");
        let told = ["detail", "remedy"].map(|part| problem[part].as_str().unwrap());
        assert!(
            told.join(" ").contains(self.says),
            "{asked} is not told {:?}: {problem}",
            self.says
        );
    }
}

/// The lines of a table: what must be told, and the body that is sent.
pub(crate) fn cases(table: &str) -> impl Iterator<Item = (Expected<'_>, &[u8])> {
    table
        .lines()
        .filter(|line| !line.starts_with('#'))
        .map(|line| {
            let cells: Vec<&str> = line.split('\t').collect();
            let [status, code, field, says, body] = cells[..] else {
                panic!("a case has five cells: {line}");
            };
            let field = Some(field).filter(|f| !f.is_empty());
            (
                Expected::new(status.parse().unwrap(), code, field, says),
                body.as_bytes(),
            )
        })
}
