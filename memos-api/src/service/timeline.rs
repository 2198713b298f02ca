//! Memories in the order in which they were said: what happened before and after.

use jiff::civil::Date;
use memos_core::{
    Action, Code, CubeId, Error, Layer, Memory, MemoryId, Result, State, Timestamp, UserId,
};

use super::MemOs;
use super::cubes::{bad_cursor, for_each_memory};
use crate::wire::{TimelineRequest, TimelineResponse};

/// Memories on a page if the caller does not say.
const PAGE: usize = 20;

/// A place in the order of time: when it was said, then its age.
type Place = (Timestamp, MemoryId);

/// Which memories are in the stretch.
struct Stretch<'a> {
    day: Option<Date>,
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    session: Option<&'a str>,
}

/// Where a page goes on.
enum Cursor {
    Before(Place),
    After(Place),
}

impl MemOs {
    /// The evidence of a cube around a memory, of a day, of a stretch of time or of a session, in
    /// the order in which it was said; the latest if nothing is named.
    ///
    /// # Errors
    /// `CubeNotFound`, `MemoryNotFound`, `InvalidTime`, `InvalidRequest` for a bad cursor or limit.
    pub fn timeline(
        &self,
        who: &UserId,
        cube: &CubeId,
        request: &TimelineRequest,
    ) -> Result<TimelineResponse> {
        let stretch = Stretch::read(request)?;
        let cursor = request.cursor.as_deref().map(Cursor::read).transpose()?;
        let scope = self
            .guard
            .scope(who, &self.visible_cube(who, Action::Read, cube)?)?;
        let limit = match request.limit {
            None => PAGE.min(self.limits.memories_per_answer),
            asked => self.page_size(asked)?,
        };
        let snapshot = self.vault.snapshot()?;
        let mut places: Vec<Place> = Vec::new();
        let mut middle = None;
        for_each_memory(&*snapshot, cube, |memory| {
            if scope.admits(&memory.header.governance) {
                let place = place(&memory);
                if request.around == Some(memory.id) {
                    middle = Some(place);
                    places.push(place);
                } else if stretch.holds(&memory) {
                    places.push(place);
                }
            }
            Ok(())
        })?;
        places.sort_unstable();
        let start = match (&cursor, request.around) {
            (Some(Cursor::After(place)), _) => places.partition_point(|p| p <= place),
            (Some(Cursor::Before(place)), _) => {
                places.partition_point(|p| p < place).saturating_sub(limit)
            }
            (None, Some(id)) => {
                let middle = middle.ok_or_else(|| Error::memory_not_found(cube, id))?;
                let at = places.partition_point(|p| *p < middle);
                let latest = places.len().saturating_sub(limit);
                at.saturating_sub(limit / 2).min(latest)
            }
            (None, None) if stretch.is_bounded() => 0,
            (None, None) => places.len().saturating_sub(limit),
        };
        let end = match &cursor {
            Some(Cursor::Before(place)) => places.partition_point(|p| p < place),
            _ => places.len().min(start + limit),
        };
        let page = &places[start..end];
        let memories = page
            .iter()
            .map(|(_, id)| snapshot.memory(cube, *id))
            .collect::<Result<Vec<Option<Memory>>>>()?;
        Ok(TimelineResponse {
            memories: memories.into_iter().flatten().map(Into::into).collect(),
            earlier: page
                .first()
                .filter(|_| start > 0)
                .map(|place| Cursor::Before(*place).write()),
            later: page
                .last()
                .filter(|_| end < places.len())
                .map(|place| Cursor::After(*place).write()),
        })
    }
}

fn place(memory: &Memory) -> Place {
    (memory.header.descriptive.said_at.at(), memory.id)
}

impl<'a> Stretch<'a> {
    fn read(request: &'a TimelineRequest) -> Result<Self> {
        let instant = |text: &Option<String>, field: &str| {
            let parsed = text.as_deref().map(str::parse::<Timestamp>);
            parsed.transpose().map_err(|e| e.at(field))
        };
        let day = request.day.as_deref().map(|text| {
            text.trim().parse::<Date>().map_err(|e| {
                Error::new(Code::InvalidTime, format!("{text:?} is not a day"))
                    .at("/day")
                    .remedy("write it as 2024-05-08")
                    .caused_by(e)
            })
        });
        Ok(Self {
            day: day.transpose()?,
            since: instant(&request.since, "/since")?,
            until: instant(&request.until, "/until")?,
            session: request.session_id.as_deref(),
        })
    }

    fn is_bounded(&self) -> bool {
        self.day.is_some() || self.since.is_some() || self.session.is_some()
    }

    fn holds(&self, memory: &Memory) -> bool {
        let said_at = memory.header.descriptive.said_at;
        memory.layer() == Layer::Evidence
            && memory.state != State::Expired
            && self.day.is_none_or(|day| said_at.date() == day)
            && self.since.is_none_or(|since| said_at.at() >= since)
            && self.until.is_none_or(|until| said_at.at() < until)
            && self.session.is_none_or(|session| {
                let plain = memory.payload.plaintext();
                plain.is_some_and(|plain| plain.turn.session_id == session)
            })
    }
}

impl Cursor {
    fn write(&self) -> String {
        let (name, (at, id)) = match self {
            Self::Before(place) => ("before", place),
            Self::After(place) => ("after", place),
        };
        format!("{name}.{}.{id}", at.micros())
    }

    fn read(text: &str) -> Result<Self> {
        let read = || {
            let mut parts = text.splitn(3, '.');
            let name = parts.next()?;
            let at = Timestamp::from_micros(parts.next()?.parse().ok()?);
            let place = (at, parts.next()?.parse().ok()?);
            match name {
                "before" => Some(Self::Before(place)),
                "after" => Some(Self::After(place)),
                _ => None,
            }
        };
        read().ok_or_else(|| {
            let why = format!("{text:?} has another form");
            bad_cursor(&Error::new(Code::InvalidRequest, why))
        })
    }
}
