//! Profiles: what a template says that should be known of a user or an agent, and what is known.
//!
//! | part | what it is |
//! |---|---|
//! | `fields` | the nested fields of a template or profile, as leaves with paths |
//! | `template` | templates: made, changed, deleted |
//! | `instance` | profiles: bound to a template, edited, deleted |
//! | `filling` | what people say of themselves goes into the fields of their profiles, by rules |
//! | `saying` | which memories a value comes from, so that it goes with them |
//! | `keeping` | fields follow the memories that filled them, and go with the memories that tell of them |
//!
//! A template is a cube without memories; a profile is a cube with a memory for each field that has a
//! value, so that a question finds it.

mod fields;
mod filling;
mod instance;
mod keeping;
mod saying;
mod template;

pub(crate) use fields::Fields;
pub(crate) use template::{Template, TemplateChange};

use super::Own;

/// Beginning of the id of a template's cube.
const TEMPLATES: &str = Own::ProfileTemplate.prefix();
/// Beginning of the id of a profile's cube.
const PROFILES: &str = Own::Profile.prefix();

/// Whose a profile is: a user or an agent, by his name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Of<'a> {
    /// `user` or `agent`: each has names of its own.
    pub(crate) kind: &'a str,
    pub(crate) name: &'a str,
}

/// Where in a cube's own fields the fields of a template or profile are.
const METADATA: &str = "metadata";
/// Where in a profile's own fields it says what filled them.
const FILLED: &str = "filled_from";
