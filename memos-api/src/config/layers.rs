//! The layers of the configuration, and which of them a value came from.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::path::{Path, PathBuf};

use figment::providers::{Format as _, Toml};
use figment::value::{Dict, Map, Value};
use figment::{Figment, Metadata, Profile, Provider};
use memos_core::{Code, Error, Result};

use super::Config;
use super::keys::{self, KEYS};

/// Name of the file in the working folder, and under the user's configuration folder.
const FILE: &str = "memos.toml";

/// What the command line says.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// The file to read.
    pub config: Option<PathBuf>,
    /// The data folder.
    pub data: Option<PathBuf>,
    /// Where to listen.
    pub listen: Option<String>,
    /// The server to talk to.
    pub server: Option<String>,
}

/// What surrounds the process: its environment and working folder.
pub struct Surroundings<'a> {
    /// Reads an environment variable.
    pub env: &'a dyn Fn(&str) -> Option<OsString>,
    /// The working folder.
    pub folder: &'a Path,
}

/// Where a value came from. Later ones win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Built in.
    Default,
    /// The configuration file.
    File,
    /// An environment variable.
    Env,
    /// A flag.
    Flag,
}

impl Layer {
    const ALL: [Self; 4] = [Self::Default, Self::File, Self::Env, Self::Flag];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::File => "file",
            Self::Env => "env",
            Self::Flag => "flag",
        }
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A configuration and where each value came from.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The values.
    pub config: Config,
    /// The file that was read, if one was.
    pub file: Option<PathBuf>,
    layers: BTreeMap<&'static str, Layer>,
}

impl Loaded {
    /// Reads and joins the layers.
    ///
    /// # Errors
    /// `InvalidRequest` for a file that can't be read, an unknown key and a bad value; names the
    /// key, where it stands and what to write.
    pub fn read(flags: &Flags, surroundings: &Surroundings<'_>) -> Result<Self> {
        let file = find_file(flags, surroundings)?;
        let mut figment = Figment::new();
        if let Some(path) = &file {
            figment = figment.merge(Values {
                layer: Layer::File,
                dict: read_file(path)?,
            });
        }
        figment = figment
            .merge(Values {
                layer: Layer::Env,
                dict: environment(surroundings)?,
            })
            .merge(Values {
                layer: Layer::Flag,
                dict: flag_values(flags)?,
            });
        let layer_of = |name: &str| {
            let named = figment.find_metadata(name).map_or("", |m| m.name.as_ref());
            Layer::ALL
                .into_iter()
                .find(|l| l.as_str() == named)
                .unwrap_or(Layer::Default)
        };
        let mut config: Config = figment
            .extract()
            .map_err(|e| bad_value(e, &layer_of, file.as_deref()))?;
        if let (Layer::File, Some(parent)) =
            (layer_of("data"), file.as_deref().and_then(Path::parent))
        {
            config.data = parent.join(&config.data);
        }
        let layers = KEYS
            .iter()
            .map(|key| (key.name, layer_of(key.name)))
            .collect();
        Ok(Self {
            config,
            file,
            layers,
        })
    }

    /// A setting as whoever set it wrote it: its flag, its variable, or its path in the file.
    pub fn written(&self, name: &'static str) -> &'static str {
        keys::key(name).map_or(name, |key| key.written(self.layer(name)))
    }

    /// Where the value of a setting came from, by its path in the file.
    pub fn layer(&self, name: &str) -> Layer {
        self.layers.get(name).copied().unwrap_or(Layer::Default)
    }
}

/// One layer's values, as figment takes them.
struct Values {
    layer: Layer,
    dict: Dict,
}

impl Provider for Values {
    fn metadata(&self) -> Metadata {
        Metadata::named(self.layer.as_str())
    }

    fn data(&self) -> figment::Result<Map<Profile, Dict>> {
        Ok(Map::from([(Profile::Default, self.dict.clone())]))
    }
}

fn find_file(flags: &Flags, surroundings: &Surroundings<'_>) -> Result<Option<PathBuf>> {
    let named_by_env = (surroundings.env)("MEMOS_CONFIG").filter(|v| !v.is_empty());
    let named = match (&flags.config, named_by_env) {
        (Some(path), _) => Some((path.clone(), "--config")),
        (None, Some(path)) => Some((path.into(), "MEMOS_CONFIG")),
        (None, None) => None,
    };
    if let Some((path, by)) = named {
        let path = surroundings.folder.join(path);
        if path.is_file() {
            return Ok(Some(path));
        }
        return Err(Error::new(
            Code::InvalidRequest,
            format!("there is no configuration file {}", path.display()),
        )
        .at(by)
        .remedy("correct the path, or leave it out"));
    }
    let folder = |name: &str| {
        (surroundings.env)(name)
            .filter(|v| !v.is_empty())
            .map(PathBuf::from)
    };
    let user = folder("XDG_CONFIG_HOME").or_else(|| Some(folder("HOME")?.join(".config")));
    let candidates = [
        Some(surroundings.folder.join(FILE)),
        user.map(|u| u.join("memos").join(FILE)),
    ];
    Ok(candidates.into_iter().flatten().find(|path| path.is_file()))
}

fn read_file(path: &Path) -> Result<Dict> {
    let shown = path.display();
    let text = std::fs::read_to_string(path).map_err(|e| {
        Error::new(Code::InvalidRequest, format!("{shown} can't be read: {e}"))
            .remedy("check that it is a text file that you may read")
            .caused_by(e)
    })?;
    let mut data = Toml::string(&text).data().map_err(|e| {
        Error::new(
            Code::InvalidRequest,
            format!("{shown} is not TOML: {}", one_line(&e.to_string())),
        )
        .remedy("write `key = value` on a line, below the [section] that it belongs to")
        .caused_by(e)
    })?;
    let dict = data.remove(&Profile::Default).unwrap_or_default();
    check_names(&dict, "", path)?;
    Ok(dict)
}

/// Refuses a key that means nothing: it may be a slip that would go unnoticed.
fn check_names(dict: &Dict, section: &str, path: &Path) -> Result<()> {
    for (key, value) in dict {
        let name = if section.is_empty() {
            key.clone()
        } else {
            format!("{section}.{key}")
        };
        match value {
            Value::Dict(_, inner) if keys::is_section(&name) => check_names(inner, &name, path)?,
            _ if keys::key(&name).is_some() => {}
            _ => {
                let remedy = match keys::nearest(&name) {
                    Some(near) => {
                        format!("did you mean {near}? The keys are {}", keys::beside(&name))
                    }
                    None => format!("remove it; the keys are {}", keys::beside(&name)),
                };
                return Err(Error::new(
                    Code::InvalidRequest,
                    format!("{} has an unknown key, {name}", path.display()),
                )
                .at(name)
                .remedy(remedy));
            }
        }
    }
    Ok(())
}

fn environment(surroundings: &Surroundings<'_>) -> Result<Dict> {
    let mut dict = Dict::new();
    for key in &KEYS {
        let Some(value) = (surroundings.env)(key.env).filter(|v| !v.is_empty()) else {
            continue;
        };
        let text = value.into_string().map_err(|_| not_text(key.env))?;
        insert(&mut dict, key.name, text);
    }
    Ok(dict)
}

fn flag_values(flags: &Flags) -> Result<Dict> {
    let mut dict = Dict::new();
    if let Some(data) = &flags.data {
        let text = data.to_str().ok_or_else(|| not_text("--data"))?;
        insert(&mut dict, "data", text.to_owned());
    }
    for (name, value) in [("listen", &flags.listen), ("server", &flags.server)] {
        if let Some(text) = value {
            insert(&mut dict, name, text.clone());
        }
    }
    Ok(dict)
}

fn insert(dict: &mut Dict, name: &str, text: String) {
    match name.split_once('.') {
        None => drop(dict.insert(name.to_owned(), text.into())),
        Some((section, key)) => {
            let inner = dict
                .entry(section.to_owned())
                .or_insert_with(|| Dict::new().into());
            if let Value::Dict(_, inner) = inner {
                inner.insert(key.to_owned(), text.into());
            }
        }
    }
}

fn not_text(name: &str) -> Error {
    Error::new(Code::InvalidRequest, format!("{name} is not text in UTF-8")).at(name)
}

/// A refused value, named as the user wrote it: by flag, variable or key and file.
fn bad_value(
    error: figment::Error,
    layer_of: &dyn Fn(&str) -> Layer,
    file: Option<&Path>,
) -> Error {
    let name = error.path.join(".");
    let why = error.kind.to_string();
    let key = keys::key(&name);
    let layer = layer_of(&name);
    let field = key.map_or(name.as_str(), |key| key.written(layer));
    let place = match layer {
        Layer::Flag => String::new(),
        Layer::Env => " in the environment".to_owned(),
        _ => file.map_or_else(String::new, |f| format!(" in {}", f.display())),
    };
    let remedy = match key {
        Some(key) => key.remedy,
        None => "`memos config` shows how it is written",
    };
    Error::new(
        Code::InvalidRequest,
        format!("the setting {field}{place} is wrong: {why}"),
    )
    .at(field)
    .remedy(remedy)
    .caused_by(error)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
