//! The one table of fields: name, type, and where a memory keeps it.

use super::atom::Atom;
use super::path::InfoPath;
use super::subject::{Fact, Subject};
use crate::{Lifespan, Origin, Priority, Role, SemanticType, State, Tier};

/// What a test asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Op {
    Is(Comparison),
    In,
    Contains,
    Like,
    Exists,
}

/// How a value must stand to the filter's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Comparison {
    Eq,
    Ne,
    Gt,
    Gte,
    Lt,
    Lte,
}

impl Op {
    const ALL: [Self; 10] = [
        EQ,
        NE,
        GT,
        GTE,
        LT,
        LTE,
        Self::In,
        Self::Contains,
        Self::Like,
        Self::Exists,
    ];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Is(comparison) => comparison.as_str(),
            Self::In => "in",
            Self::Contains => "contains",
            Self::Like => "like",
            Self::Exists => "exists",
        }
    }

    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|op| op.as_str() == name)
    }
}

impl Comparison {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Gte => "gte",
            Self::Lt => "lt",
            Self::Lte => "lte",
        }
    }
}

pub(super) const EQ: Op = Op::Is(Comparison::Eq);
const NE: Op = Op::Is(Comparison::Ne);
const GT: Op = Op::Is(Comparison::Gt);
const GTE: Op = Op::Is(Comparison::Gte);
const LT: Op = Op::Is(Comparison::Lt);
const LTE: Op = Op::Is(Comparison::Lte);

/// Type of a field: which values and operators it takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Kind {
    Id,
    /// One string.
    Word,
    /// One word of a vocabulary.
    Choice(&'static [&'static str]),
    /// One word of a vocabulary whose order means something.
    Rank(&'static [&'static str]),
    /// Strings, sorted and without repeats.
    Set,
    /// A whole number from 0.
    Count,
    Time,
    /// Stretches of time.
    ValidTime,
    /// The words of the memory.
    Text,
    /// Whatever the caller put there.
    Json,
}

impl Kind {
    const fn operators(self) -> &'static [Op] {
        match self {
            Self::Id | Self::Choice(_) => &[EQ, NE, Op::In],
            Self::Word => &[EQ, NE, Op::In, Op::Contains, Op::Like],
            Self::Rank(_) | Self::Count => &[EQ, NE, GT, GTE, LT, LTE, Op::In],
            Self::Set => &[Op::Contains, Op::In, Op::Like],
            Self::Time => &[EQ, NE, GT, GTE, LT, LTE],
            Self::ValidTime => &[GT, GTE, LT, LTE],
            Self::Text => &[Op::Contains, Op::Like],
            Self::Json => &[EQ, NE, GT, GTE, LT, LTE, Op::In, Op::Contains, Op::Like],
        }
    }
}

/// A field of the header, by the table; or one of the caller's own.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Field {
    Named(&'static Named),
    Info(InfoPath),
}

/// A line of the table.
pub(super) struct Named {
    pub(super) name: &'static str,
    kind: Kind,
    /// Whether a memory may be without it: then it takes `exists`.
    optional: bool,
    of: Getter,
}

type Getter = for<'a> fn(&Subject<'a>) -> Fact<'a>;

const STATES: [&str; State::ALL.len()] = {
    let mut names = [""; State::ALL.len()];
    let mut i = 0;
    while i < names.len() {
        names[i] = State::ALL[i].as_str();
        i += 1;
    }
    names
};

static FIELDS: [Named; 25] = [
    always("id", Kind::Id, |s| Fact::One(Atom::Id(s.id))),
    always("cube_id", Kind::Word, |s| word(s.cube_id.as_str())),
    always("state", Kind::Choice(&STATES), |s| choice(s.state as u8)),
    always("origin", Kind::Choice(Origin::NAMES), |s| {
        choice(s.header.descriptive.origin as u8)
    }),
    always("semantic_type", Kind::Choice(SemanticType::NAMES), |s| {
        choice(s.header.descriptive.semantic_type as u8)
    }),
    optional("key", Kind::Word, |s| {
        s.header
            .descriptive
            .key
            .as_deref()
            .map_or(Fact::Missing, word)
    }),
    optional("tags", Kind::Set, |s| Fact::Set(&s.header.descriptive.tags)),
    optional("entities", Kind::Set, |s| {
        Fact::Set(&s.header.descriptive.entities)
    }),
    optional("sensitivity", Kind::Set, |s| {
        Fact::Set(&s.header.governance.sensitivity)
    }),
    optional("speaker", Kind::Word, |s| {
        s.turn
            .and_then(|turn| turn.speaker.as_deref())
            .map_or(Fact::Missing, word)
    }),
    optional("role", Kind::Choice(Role::NAMES), |s| {
        s.turn
            .and_then(|turn| turn.role)
            .map_or(Fact::Missing, |role| choice(role as u8))
    }),
    optional("session_id", Kind::Word, |s| {
        s.turn.map_or(Fact::Missing, |turn| word(&turn.session_id))
    }),
    always("owner", Kind::Word, |s| {
        word(s.header.governance.owner.as_str())
    }),
    always("priority", Kind::Rank(Priority::NAMES), |s| {
        choice(s.header.governance.priority as u8)
    }),
    always("tier", Kind::Choice(Tier::NAMES), |s| {
        choice(s.header.behavioural.tier as u8)
    }),
    always("version", Kind::Count, |s| {
        Fact::One(Atom::count(s.header.behavioural.version.into()))
    }),
    always("use_count", Kind::Count, |s| {
        Fact::One(Atom::count(s.header.behavioural.use_count))
    }),
    always("created_at", Kind::Time, |s| {
        Fact::One(Atom::Time(s.header.descriptive.created_at))
    }),
    always("updated_at", Kind::Time, |s| {
        Fact::One(Atom::Time(s.header.descriptive.updated_at))
    }),
    optional("last_used", Kind::Time, |s| {
        s.header
            .behavioural
            .last_used
            .map_or(Fact::Missing, |at| Fact::One(Atom::Time(at)))
    }),
    optional("expires_at", Kind::Time, |s| {
        match s.header.governance.lifespan {
            Lifespan::Until(end) => Fact::One(Atom::Time(end)),
            Lifespan::KeepForever
            | Lifespan::HalfLife { .. }
            | Lifespan::Unused { .. }
            | Lifespan::Decay => Fact::Missing,
        }
    }),
    always("said_at", Kind::Time, |s| {
        Fact::One(Atom::Time(s.header.descriptive.said_at.at()))
    }),
    always("valid_time", Kind::ValidTime, |s| {
        Fact::ValidTime(s.times, s.header.descriptive.said_at)
    }),
    optional("text", Kind::Text, |s| s.text.map_or(Fact::Missing, word)),
    optional("superseded_by", Kind::Id, |s| {
        s.header
            .behavioural
            .superseded_by
            .map_or(Fact::Missing, |id| Fact::One(Atom::Id(id)))
    }),
];

const fn always(name: &'static str, kind: Kind, of: Getter) -> Named {
    Named {
        name,
        kind,
        optional: false,
        of,
    }
}

const fn optional(name: &'static str, kind: Kind, of: Getter) -> Named {
    Named {
        name,
        kind,
        optional: true,
        of,
    }
}

fn word(text: &str) -> Fact<'_> {
    Fact::One(Atom::Str(text))
}

fn choice<'a>(place: u8) -> Fact<'a> {
    Fact::One(Atom::Choice(place))
}

impl Field {
    /// The fixed names, in the order of the table.
    pub(super) fn names() -> impl Iterator<Item = &'static str> {
        FIELDS.iter().map(|named| named.name)
    }

    /// A field by its name in a filter.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name.strip_prefix("info.") {
            Some(path) => InfoPath::parse(path).map(Self::Info),
            None => FIELDS
                .iter()
                .find(|named| named.name == name)
                .map(Self::Named),
        }
    }

    pub(super) fn kind(&self) -> Kind {
        match self {
            Self::Named(named) => named.kind,
            Self::Info(_) => Kind::Json,
        }
    }

    pub(super) fn operators(&self) -> impl Iterator<Item = Op> {
        let optional = match self {
            Self::Named(named) => named.optional,
            Self::Info(_) => true,
        };
        let always = self.kind().operators().iter().copied();
        always.chain(optional.then_some(Op::Exists))
    }

    /// What a memory shows in this field.
    pub(super) fn of<'a>(&self, subject: &Subject<'a>) -> Fact<'a> {
        match self {
            Self::Named(named) => (named.of)(subject),
            Self::Info(path) => path
                .find(&subject.header.descriptive.info)
                .map_or(Fact::Missing, Fact::Json),
        }
    }
}

impl std::fmt::Display for Field {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Named(named) => f.write_str(named.name),
            Self::Info(path) => path.fmt(f),
        }
    }
}

impl PartialEq for Named {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}
