//! Which namespaces there are.

use std::collections::{BTreeSet, HashSet};
use std::ops::ControlFlow;

use memos_core::{CubeId, MemCube, Result, Scope, Snapshot, UserId};

use super::read::is_hidden;
use super::{address, record};
use crate::service::MemOs;
use crate::service::cubes::SCAN;
use crate::service::shelf::Shelf;
use crate::wire::NamespacesRequest;

/// A namespace with at least one item that the caller may read.
pub(super) struct Found {
    pub(super) cube: CubeId,
    pub(super) labels: Vec<String>,
    pub(super) scope: Scope,
}

impl MemOs {
    /// The namespaces that hold items, in the order of their labels. It reads one item of each.
    ///
    /// # Errors
    /// `InvalidRequest` for a label that is none.
    pub fn list_namespaces(
        &self,
        who: &UserId,
        request: &NamespacesRequest,
    ) -> Result<Vec<Vec<String>>> {
        address::labels(&request.prefix).map_err(|e| e.at("prefix"))?;
        address::labels(&request.suffix).map_err(|e| e.at("suffix"))?;
        let known: Vec<String> = request
            .prefix
            .iter()
            .take_while(|label| *label != ANY)
            .cloned()
            .collect();
        let snapshot = self.vault.snapshot()?;
        let all = self.namespaces_under(who, &*snapshot, &known)?;
        let mut told = BTreeSet::new();
        for mut labels in all.into_iter().map(|found| found.labels) {
            if begins_with(&labels, &request.prefix) && ends_with(&labels, &request.suffix) {
                labels.truncate(request.max_depth.unwrap_or(usize::MAX));
                told.insert(labels);
            }
        }
        let page = told.into_iter().skip(request.offset).take(request.limit);
        Ok(page.collect())
    }

    /// The namespaces that begin with these labels, in the order of their cubes.
    pub(super) fn namespaces_under(
        &self,
        who: &UserId,
        snapshot: &dyn Snapshot,
        prefix: &[String],
    ) -> Result<Vec<Found>> {
        let (mut found, mut seen) = (Vec::new(), HashSet::new());
        for stretch in stretches(prefix) {
            stretch.each(snapshot, |cube| {
                let scope = match self.guard.scope(who, &cube) {
                    Ok(scope) => scope,
                    Err(error) if is_hidden(&error) => return Ok(()),
                    Err(error) => return Err(error),
                };
                if let Some(labels) = self.namespace_of(snapshot, &cube.id, &scope)?
                    && begins_with(&labels, prefix)
                    && seen.insert(cube.id.clone())
                {
                    found.push(Found {
                        cube: cube.id,
                        labels,
                        scope,
                    });
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    /// The namespace that a cube is, if there is an item in it that lives. Items that came into
    /// another cube than their own, as in a branch, are not in a namespace.
    fn namespace_of(
        &self,
        snapshot: &dyn Snapshot,
        cube: &CubeId,
        scope: &Scope,
    ) -> Result<Option<Vec<String>>> {
        let now = self.clock.now();
        let mut namespace = None;
        Shelf::Items.first(snapshot, cube, |memory| {
            if scope.admits(&memory.header.governance) && !self.is_over(&memory, now) {
                namespace = record::namespace(&memory)
                    .filter(|labels| address::cube_named(labels) == *cube);
            }
            Ok(match namespace {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            })
        })?;
        Ok(namespace)
    }
}

/// Stands for any label.
const ANY: &str = "*";

fn begins_with(labels: &[String], prefix: &[String]) -> bool {
    labels.len() >= prefix.len() && labels.iter().zip(prefix).all(|(l, p)| p == ANY || l == p)
}

fn ends_with(labels: &[String], suffix: &[String]) -> bool {
    labels.len() >= suffix.len()
        && labels
            .iter()
            .rev()
            .zip(suffix.iter().rev())
            .all(|(l, s)| s == ANY || l == s)
}

/// Some cubes.
enum Stretch {
    /// This one.
    One(CubeId),
    /// Those whose ids begin so.
    From(String),
}

/// Where the cubes of the namespaces under a prefix can be: the one that is named so, those whose
/// names begin so, and those with a name that is too long.
fn stretches(prefix: &[String]) -> Vec<Stretch> {
    if prefix.is_empty() {
        return vec![Stretch::From(String::new())];
    }
    vec![
        Stretch::One(address::cube_named(prefix)),
        Stretch::From(format!("{}.", address::joined(prefix))),
        Stretch::From(address::LONG.to_owned()),
    ]
}

impl Stretch {
    fn each(
        &self,
        snapshot: &dyn Snapshot,
        mut each: impl FnMut(MemCube) -> Result<()>,
    ) -> Result<()> {
        let start = match self {
            Self::One(id) => return snapshot.cube(id)?.map_or(Ok(()), each),
            Self::From(start) => start,
        };
        let mut after = match CubeId::new(start.as_str()) {
            Ok(id) => Some(id),
            Err(_) if start.is_empty() => None,
            // Nothing begins with what is too long for an id.
            Err(_) => return Ok(()),
        };
        loop {
            let cubes = snapshot.cubes(after.as_ref(), SCAN)?;
            let Some(last) = cubes.last() else {
                return Ok(());
            };
            after = Some(last.id.clone());
            for cube in cubes {
                if !cube.id.as_str().starts_with(start.as_str()) {
                    return Ok(());
                }
                each(cube)?;
            }
        }
    }
}
