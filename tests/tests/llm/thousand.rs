//! A thousand turns, four questions at a time: each is read once, and nothing is derived twice,
//! also under faults and a SIGKILL.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use memos_tests::{Asked, Client, Dice, Endpoint, Scripted, Server, id_of};
use serde_json::Value;

use crate::stage::{
    by_model, drain, dump, fact, hasten, items, judged, say, serve, shown, sources, tasks,
    try_again, until,
};

const SESSIONS: usize = 50;
const TURNS: usize = 20;
const AT_ONCE: usize = 4;

/// What one turn says: no other says it, in other words or the same.
fn turn(session: usize, number: usize) -> String {
    let mut dice = Dice::new((session * TURNS + number) as u64 + 1);
    let mut word = || -> String {
        let syllables = ["ba", "ke", "li", "mo", "nu", "ra", "se", "ti", "vo", "zu"];
        (0..4).map(|_| *dice.pick(&syllables).unwrap()).collect()
    };
    let (verb, thing, place) = (word(), word(), word());
    format!("Turn s{session}t{number}: {verb} {thing} {place}.")
}

/// Answers with a fact for each turn, in words that no other answer has: a try that was taken for
/// lost and a later one could not be told from two findings by their words.
fn in_words_of_its_own(asked: &Asked, answers: &AtomicUsize) -> Scripted {
    if asked.schema() == "judge" {
        return judged("unrelated");
    }
    let answer = answers.fetch_add(1, Ordering::SeqCst);
    let facts: Vec<Value> = shown(asked)
        .iter()
        .map(|(n, text)| {
            let words = text.trim_end_matches('.');
            fact(
                &format!("{words}, as answer {answer} has it."),
                &[*n as i64],
            )
        })
        .collect();
    Scripted::json(&items(&facts))
}

fn say_all(client: &mut Client) -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for session in 0..SESSIONS {
        let texts: Vec<String> = (0..TURNS).map(|n| turn(session, n)).collect();
        ids.extend(say(client, "notes", &format!("s{session}"), &texts));
    }
    assert_eq!(ids.len(), SESSIONS * TURNS);
    ids
}

/// How often each turn was shown to the model.
fn shows<'a>(asked: impl IntoIterator<Item = &'a Asked>) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    let refining = asked.into_iter().filter(|asked| asked.schema() == "facts");
    for (_, text) in refining.flat_map(shown) {
        *counts.entry(text).or_default() += 1;
    }
    counts
}

/// Every turn is there as it was, and one memory was derived from each.
fn audit(
    server: &Server,
    data: &Path,
    turns: &BTreeSet<String>,
    before: &BTreeMap<String, String>,
) {
    let all = server.client().list("notes");
    let (derived, others): (Vec<_>, Vec<_>) = all.iter().partition(|m| by_model(m));
    // Where this takes over a minute, rules have summed the sessions up too.
    let evidence = others.into_iter().filter(|m| sources(m).is_empty());
    let ids: BTreeSet<String> = evidence.map(id_of).collect();
    assert_eq!(&ids, turns, "evidence is neither lost nor added");
    let mut from = BTreeMap::<String, usize>::new();
    let mut known = BTreeSet::new();
    for memory in &derived {
        assert!(known.insert((memory["text"].to_string(), sources(memory))));
        assert_eq!(memory["info"]["rule"], "llm:scripted/facts.v1", "{memory}");
        assert_eq!(memory["owner"], "local");
        assert_eq!(sources(memory).len(), 1, "{memory}");
        for id in sources(memory) {
            assert!(turns.contains(&id), "derived from nothing: {memory}");
            *from.entry(id).or_default() += 1;
        }
    }
    assert_eq!(from.len(), turns.len(), "every turn has its memory");
    let twice: Vec<_> = from.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "derived twice: {twice:?}");
    let after = dump(data, "notes");
    for (id, line) in before {
        assert_eq!(after.get(id), Some(line), "a turn was changed");
    }
}

#[test]
fn a_thousand_turns_are_read_once_and_four_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let answers = AtomicUsize::new(0);
    let endpoint = Endpoint::answering(move |asked| match asked.schema() {
        "facts" => in_words_of_its_own(asked, &answers).held(),
        _ => in_words_of_its_own(asked, &answers),
    });
    let settings = [("MEMOS_LLM_CONCURRENCY", "4")];
    let server = serve(folder.path(), &endpoint, &settings);
    let mut client = server.client();
    let turns = say_all(&mut client);
    drain(&mut client, "fuse");
    let before = dump(folder.path(), "notes");
    hasten(&mut client, "refine");
    let mut left = SESSIONS;
    while left > 0 {
        // As many as may be are under way at every moment.
        endpoint.wait_held(left.min(AT_ONCE));
        left -= endpoint.release();
    }
    drain(&mut client, "refine");
    drain(&mut client, "fuse");
    assert_eq!(endpoint.most_at_once(), AT_ONCE);
    let asked = endpoint.asked();
    let judged = asked.iter().filter(|asked| asked.schema() == "judge");
    // Fusion asks of each of the few newest that are like it, not of all.
    let (judged, all) = (judged.count(), client.list("notes").len());
    assert!(judged <= 8 * all, "{judged} judgements");
    let shows = shows(&asked);
    assert_eq!(shows.len(), turns.len());
    assert!(shows.values().all(|count| *count == 1), "{shows:?}");
    let done = tasks(&mut client, "refine", "");
    assert_eq!(done.len(), SESSIONS);
    for task in &done {
        assert_eq!(task["status"], "done", "{task}");
        assert_eq!(task["outcome"]["derived"], TURNS, "{task}");
    }
    audit(&server, folder.path(), &turns, &before);
}

/// Faults by chance, each at once: none that a client waits for.
fn fault(dice: &mut Dice, asked: &Asked, good: Scripted) -> Scripted {
    match dice.below(8) {
        0 => Scripted::body(200, "{\"choices\": 7}"),
        1 => Scripted::text("no JSON"),
        2 => Scripted::text(""),
        3 => Scripted::cut_off(&shown(asked)[0].1),
        4 => Scripted::refusal(503, "busy"),
        5 => Scripted::json(&serde_json::json!({"items": [{"text": "half"}]})),
        6 => Scripted::dropped(),
        _ => good.broken_off(),
    }
}

/// Says how to repeat a failure.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("run again with MEMOS_TEST_SEED={}", self.0);
        }
    }
}

#[cfg(unix)]
#[test]
fn faults_and_a_kill_lose_nothing_and_derive_nothing_twice() {
    static IS_WELL: AtomicBool = AtomicBool::new(false);
    let seed = Seed(Dice::seed());
    let folder = tempfile::tempdir().unwrap();
    let dice = Mutex::new(Dice::new(seed.0));
    let answers = AtomicUsize::new(0);
    let good = std::sync::Arc::new(Mutex::new(Vec::<Vec<String>>::new()));
    let given = std::sync::Arc::clone(&good);
    let endpoint = Endpoint::answering(move |asked| {
        let answer = in_words_of_its_own(asked, &answers);
        if asked.schema() == "judge" {
            return answer;
        }
        let mut dice = dice.lock().unwrap();
        if !IS_WELL.load(Ordering::SeqCst) && dice.below(4) == 0 {
            return fault(&mut dice, asked, answer);
        }
        let texts = shown(asked).into_iter().map(|(_, text)| text).collect();
        given.lock().unwrap().push(texts);
        answer
    });
    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    let turns = say_all(&mut client);
    drain(&mut client, "fuse");
    let before = dump(folder.path(), "notes");
    hasten(&mut client, "refine");
    until("half of it is answered", || {
        (good.lock().unwrap().len() >= SESSIONS / 2).then_some(())
    });
    server.kill();
    let answered = good.lock().unwrap().len();

    let server = serve(folder.path(), &endpoint, &[]);
    let mut client = server.client();
    for round in 0.. {
        drain(&mut client, "refine");
        let waiting = tasks(&mut client, "refine", "&status=waiting");
        if waiting.is_empty() {
            break;
        }
        IS_WELL.store(round >= 5, Ordering::SeqCst);
        waiting.iter().for_each(|task| try_again(&mut client, task));
    }
    drain(&mut client, "fuse");
    let done = tasks(&mut client, "refine", "");
    assert_eq!(done.len(), SESSIONS);
    assert!(done.iter().all(|task| task["status"] == "done"), "{done:?}");
    audit(&server, folder.path(), &turns, &before);

    // Only what was under way at the kill was answered well and in vain.
    let good = good.lock().unwrap();
    let mut times = BTreeMap::<&str, usize>::new();
    for text in good.iter().flatten() {
        *times.entry(text).or_default() += 1;
    }
    assert_eq!(times.len(), turns.len());
    let again = times.values().filter(|count| **count > 1).count();
    assert!(again <= AT_ONCE * TURNS, "{again} turns were read again");
    assert!(answered < SESSIONS && good.len() <= SESSIONS + AT_ONCE);
    assert!(endpoint.most_at_once() <= AT_ONCE);
}
