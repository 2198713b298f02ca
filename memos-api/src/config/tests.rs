//! How the layers join, and what is told of a wrong one.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use memos_core::Result;

use super::keys::KEYS;
use super::{Config, Count, Flags, Layer, Loaded, LogFormat, LogLevel, Size, Surroundings};

const FILE: &str = "memos.toml";

struct Case {
    folder: tempfile::TempDir,
    env: Vec<(&'static str, String)>,
}

impl Case {
    fn new(file: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        if !file.is_empty() {
            std::fs::write(folder.path().join(FILE), file).unwrap();
        }
        Self {
            folder,
            env: Vec::new(),
        }
    }

    fn env(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.env.push((name, value.into()));
        self
    }

    fn load(&self, flags: &Flags) -> Result<Loaded> {
        let env = |name: &str| {
            let found = self.env.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| OsString::from(value))
        };
        Loaded::read(
            flags,
            &Surroundings {
                env: &env,
                folder: self.folder.path(),
            },
        )
    }
}

#[test]
fn nothing_said_means_the_defaults() {
    let loaded = Case::new("").load(&Flags::default()).unwrap();
    assert_eq!(loaded.config, Config::default());
    assert_eq!(loaded.file, None);
    assert!(KEYS.iter().all(|k| loaded.layer(k.name) == Layer::Default));
}

#[test]
fn later_layers_win() {
    let case = Case::new(
        "data = \"d\"\nlisten = \"127.0.0.1:1\"\nbody_limit = \"1MiB\"\ncache_bytes = 5000\n[limits]\ntext_bytes = \"2KiB\"\n[log]\nlevel = \"debug\"\n",
    )
    .env("MEMOS_LISTEN", "127.0.0.1:2")
    .env("MEMOS_BODY_LIMIT", "2MiB")
    .env("MEMOS_LIMITS_CUBES_PER_SEARCH", "7")
    .env("MEMOS_LOG_FORMAT", "")
    .env("MEMOS_SERVER", "7777");
    let flags = Flags {
        listen: Some("127.0.0.1:3".into()),
        ..Flags::default()
    };
    let loaded = case.load(&flags).unwrap();
    let config = &loaded.config;
    assert_eq!(config.listen.to_string(), "127.0.0.1:3");
    assert_eq!(config.body_limit, Size(2 << 20));
    assert_eq!(config.cache_bytes, Size(5000));
    assert_eq!(config.data, case.folder.path().join("d"));
    assert_eq!(config.server.as_deref(), Some("7777"));
    assert_eq!(config.log.level, Some(LogLevel::Debug));
    assert_eq!(config.log.format, LogFormat::Auto);
    assert_eq!(config.limits.cubes_per_search, Count(7));
    assert_eq!(config.limits.text_bytes, Size(2048));
    assert_eq!(
        config.limits.question_bytes,
        Config::default().limits.question_bytes
    );
    let layer = |name| loaded.layer(name);
    assert_eq!(layer("listen"), Layer::Flag);
    assert_eq!(layer("body_limit"), Layer::Env);
    assert_eq!(layer("limits.cubes_per_search"), Layer::Env);
    assert_eq!(layer("limits.text_bytes"), Layer::File);
    assert_eq!(layer("limits.question_bytes"), Layer::Default);
    assert_eq!(layer("log.format"), Layer::Default);
}

#[test]
fn unknown_keys_are_named_with_their_file() {
    for (file, name, hint) in [
        ("lisen = \"127.0.0.1:1\"", "lisen", "listen"),
        (
            "[limits]\ntext_byte = 5",
            "limits.text_byte",
            "limits.text_bytes",
        ),
        ("[colours]\nx = 1", "colours", "the keys are data, listen,"),
    ] {
        let error = Case::new(file).load(&Flags::default()).unwrap_err();
        assert_eq!(error.field(), Some(name));
        assert!(error.message().contains(FILE), "{error}");
        assert!(error.remedy_text().unwrap().contains(hint), "{error}");
    }
}

#[test]
fn bad_values_name_their_source_and_the_remedy() {
    for (file, field) in [
        ("listen = \"here\"", "listen"),
        ("body_limit = \"lots\"", "body_limit"),
        ("repeat_window = true", "repeat_window"),
        ("data = 5", "data"),
        ("[data]\nx = 1", "data"),
        ("[limits]\ncubes_per_search = 0", "limits.cubes_per_search"),
        ("[log]\nlevel = \"loud\"", "log.level"),
        ("log = 5", "log"),
        ("hosts = 5", "hosts"),
        ("hosts = [\"a\", \"\"]", "hosts"),
    ] {
        let error = Case::new(file).load(&Flags::default()).unwrap_err();
        assert_eq!(error.field(), Some(field), "{error}");
        assert!(error.message().contains(FILE), "{error}");
        assert!(error.remedy_text().is_some(), "{error}");
    }
    let case = Case::new("").env("MEMOS_REPEAT_WINDOW", "soon");
    let error = case.load(&Flags::default()).unwrap_err();
    assert_eq!(error.field(), Some("MEMOS_REPEAT_WINDOW"));
    assert!(
        error
            .to_string()
            .contains("\"soon\" is not a length of time"),
        "{error}"
    );
    assert!(error.remedy_text().unwrap().contains("10m"), "{error}");
    let flags = Flags {
        listen: Some("x".into()),
        ..Flags::default()
    };
    assert_eq!(
        Case::new("").load(&flags).unwrap_err().field(),
        Some("--listen")
    );
    let error = Case::new("data = ").load(&Flags::default()).unwrap_err();
    assert!(error.message().contains("is not TOML"), "{error}");
}

#[test]
fn the_file_is_the_named_one_or_the_nearest() {
    let case = Case::new("data = \"near\"");
    let folder = case.folder.path();
    let home = folder.join("home");
    std::fs::create_dir_all(home.join(".config/memos")).unwrap();
    let far = home.join(".config/memos/memos.toml");
    std::fs::write(&far, "data = \"far\"").unwrap();
    std::fs::write(folder.join("other.toml"), "data = \"/abs\"").unwrap();
    let case = case.env("HOME", home.to_str().unwrap());
    let data = |case: &Case, config: Option<&str>| {
        let flags = Flags {
            config: config.map(PathBuf::from),
            ..Flags::default()
        };
        case.load(&flags).unwrap().config.data
    };
    assert_eq!(data(&case, None), case.folder.path().join("near"));
    assert_eq!(data(&case, Some("other.toml")), Path::new("/abs"));
    std::fs::remove_file(case.folder.path().join(FILE)).unwrap();
    assert_eq!(data(&case, None), home.join(".config/memos/far"));
    let missing = Flags {
        config: Some("none.toml".into()),
        ..Flags::default()
    };
    assert_eq!(case.load(&missing).unwrap_err().field(), Some("--config"));
    let case = case.env("MEMOS_CONFIG", "other.toml");
    assert_eq!(data(&case, None), Path::new("/abs"));
}
