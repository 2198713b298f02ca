//! What counts as new since a task last looked.

use memos_core::{Cause, Commit, Info, Memory, Task, Timestamp, Vault, VolatileVault, Why, Write};

use crate::testing::{ada, adding, cube_id, memory, vault};
use crate::work::changes::Changes;

fn task() -> Task {
    Task::new("fuse", ada(), cube_id(), Timestamp::from_secs(0))
}

fn since(vault: &VolatileVault, task: &Task, own: &[Cause]) -> Changes {
    let snapshot = vault.snapshot().unwrap();
    Changes::since(&*snapshot, &cube_id(), task, own).unwrap()
}

/// Writes the next version of a memory.
fn change(vault: &VolatileVault, memory: &mut Memory, cause: Cause) {
    let expected_version = memory.header.behavioural.version;
    memory.header.behavioural.version += 1;
    let update = Write::UpdateMemory {
        memory: memory.clone(),
        expected_version,
    };
    vault
        .commit(Commit {
            writes: vec![update],
            why: Some(Why::new(ada(), cause)),
            ..Commit::default()
        })
        .unwrap();
}

#[test]
fn pages_follow_each_other_without_gap_or_repeat() {
    let (vault, _) = vault();
    let memories: Vec<Memory> = (0..600).map(|n| memory("text", n)).collect();
    vault.commit(adding(&memories)).unwrap();
    let (mut task, mut seen, mut pages) = (task(), Vec::new(), 0);
    loop {
        let page = since(&vault, &task, &[]);
        seen.extend(page.ids.iter().copied());
        pages += 1;
        task.outcome = Info::default();
        page.mark(&mut task.outcome);
        if !page.more {
            break;
        }
    }
    assert_eq!(seen, memories.iter().map(|m| m.id).collect::<Vec<_>>());
    assert_eq!(pages, 3);
    let nothing = since(&vault, &task, &[]);
    assert!(nothing.ids.is_empty() && !nothing.more);
    let mut outcome = Info::default();
    nothing.mark(&mut outcome);
    assert_eq!(outcome, task.outcome, "the cursor stays where it is");
}

#[test]
fn unfinished_pages_are_looked_at_again() {
    let (vault, _) = vault();
    vault.commit(adding(&[memory("a", 1)])).unwrap();
    let mut task = task();
    for _ in 0..2 {
        let page = since(&vault, &task, &[]);
        assert_eq!(page.ids.len(), 1);
        page.mark(&mut task.outcome);
        page.mark_unfinished(&mut task.outcome);
    }
    since(&vault, &task, &[]).mark(&mut task.outcome);
    assert!(since(&vault, &task, &[]).ids.is_empty());
}

#[test]
fn a_memory_is_named_once_where_it_last_changed() {
    let (vault, _) = vault();
    let (mut a, b) = (memory("a", 1), memory("b", 1));
    vault.commit(adding(&[a.clone(), b.clone()])).unwrap();
    change(&vault, &mut a, Cause::Call);
    assert_eq!(since(&vault, &task(), &[]).ids, [b.id, a.id]);
}

#[test]
fn neither_own_changes_nor_a_rollback_are_news() {
    let (vault, _) = vault();
    let (mut a, mut b) = (memory("a", 1), memory("b", 1));
    vault.commit(adding(&[a.clone(), b.clone()])).unwrap();
    let mut task = task();
    since(&vault, &task, &[]).mark(&mut task.outcome);
    change(&vault, &mut a, Cause::Rollback);
    change(&vault, &mut a, Cause::Fusion);
    let own = [Cause::Fusion, Cause::Use];
    let seen = since(&vault, &task, &own);
    assert!(seen.ids.is_empty());
    assert_eq!(since(&vault, &task, &[]).ids, [a.id], "another's is news");
    change(&vault, &mut b, Cause::Feedback);
    let news = since(&vault, &task, &own);
    assert_eq!(news.ids, [b.id]);
    seen.mark(&mut task.outcome);
    assert_eq!(since(&vault, &task, &own).ids, [b.id], "silence is passed");
}
