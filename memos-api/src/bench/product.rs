//! The product, asked over its own REST API.

use std::time::Instant;

use memos_core::{
    Code, CubeId, Error, Granularity, Interval, MemoryId, Result, Signals, ValidTime, Weights,
};
use memos_models::StaticEmbedder;
use memos_scheduler::WEIGHTS;
use serde::de::IntoDeserializer;

use super::baseline::Turns;
use super::dates::{Verdict, judge};
use super::measure::{Outcome, System, summarise};
use super::relevance::{self, Relevance};
use super::report::{DateScores, ImportCost};
use super::server::{Folder, OwnServer};
use super::{BenchArgs, DEPTH, DataSet};
use crate::Working;
use crate::client::Client;
use crate::reader::document::locomo::Question;
use crate::wire::{AddRequest, DocumentRequest, SearchHit, SearchRequest, TimeItem};

pub(super) struct Product {
    pub(super) system: System,
    pub(super) dates: DateScores,
    pub(super) import: ImportCost,
    pub(super) relevance: Option<Relevance>,
}

/// What all questions came to.
pub(super) struct Asked {
    outcomes: Vec<Outcome>,
    dates: Vec<Verdict>,
}

impl Asked {
    pub(super) fn system(&self, name: impl Into<String>) -> System {
        summarise(name, &self.outcomes)
    }

    pub(super) fn dates(&self) -> DateScores {
        date_scores(&self.dates)
    }
}

/// Measures it as it stands when the dialogues are stored and no work has followed from them, or a
/// running server as it is.
pub(super) async fn measure(data: &DataSet, args: &BenchArgs) -> Result<Product> {
    let cubes = cubes(data)?;
    let Some(url) = &args.url else {
        let weights = weights(args)?;
        let folder = Folder::new();
        let server = OwnServer::start(&folder, weights, Working::Later).await?;
        let measured = import_and_ask(data, args, &server.client, &cubes).await;
        server.end().await?;
        return measured;
    };
    let client = Client::new(url)?;
    let measured = import_and_ask(data, args, &client, &cubes).await;
    for cube in &cubes {
        // What was never created can't be deleted.
        if let Err(error) = client.delete_cube(cube).await
            && error.code() != Code::CubeNotFound
        {
            return Err(error);
        }
    }
    measured
}

/// A cube for each sample, under names that nobody has.
pub(super) fn cubes(data: &DataSet) -> Result<Vec<CubeId>> {
    let run = format!("bench-{}", MemoryId::generate());
    (0..data.samples.len())
        .map(|i| format!("{run}-{i}").parse())
        .collect()
}

pub(super) async fn import_and_ask(
    data: &DataSet,
    args: &BenchArgs,
    client: &Client,
    cubes: &[CubeId],
) -> Result<Product> {
    let import = import(data, client, cubes).await?;
    let asked = ask(data, args, client, cubes).await?;
    let name = match args.without.as_slice() {
        [] => "memos".to_owned(),
        without => format!("memos-{}", without.join("-")),
    };
    Ok(Product {
        system: asked.system(name),
        dates: asked.dates(),
        import,
        relevance: match args.relevance {
            true => Some(relevance::measure(data, client, cubes).await?),
            false => None,
        },
    })
}

/// Stores the dialogues.
pub(super) async fn import(
    data: &DataSet,
    client: &Client,
    cubes: &[CubeId],
) -> Result<ImportCost> {
    let start = Instant::now();
    let mut memories = 0;
    for (file, cube) in data.raw.iter().zip(cubes) {
        let request = AddRequest {
            documents: Some(vec![DocumentRequest {
                text: file.clone(),
                format: Some("locomo".into()),
                ..DocumentRequest::default()
            }]),
            ..AddRequest::default()
        };
        memories += client.add(cube, &request).await?.memories.len();
    }
    Ok(ImportCost {
        dialogues: cubes.len(),
        memories,
        seconds: start.elapsed().as_secs_f64(),
    })
}

/// Asks every question of its sample's cube.
pub(super) async fn ask(
    data: &DataSet,
    args: &BenchArgs,
    client: &Client,
    cubes: &[CubeId],
) -> Result<Asked> {
    let embedder = StaticEmbedder::bundled();
    let (mut outcomes, mut dates) = (Vec::new(), Vec::new());
    for (sample, cube) in data.samples.iter().zip(cubes) {
        let turns = Turns::read(sample, &embedder)?;
        for question in DataSet::questions(sample) {
            let request = request(question, cube);
            let start = Instant::now();
            let answer = client.search(&request).await?;
            let took = start.elapsed();
            let ranked: Vec<(String, usize)> = answer
                .hits
                .iter()
                .map(|hit| dialogue_id(hit, &turns))
                .collect();
            outcomes.push(Outcome::new(question, &ranked, took));
            if let Some(verdict) = verdict(question, answer.hits.first(), args.show_dates) {
                dates.push(verdict);
            }
        }
    }
    Ok(Asked { outcomes, dates })
}

/// A question as it is asked.
pub(super) fn request(question: &Question, cube: &CubeId) -> SearchRequest {
    asking(&question.question, cube)
}

pub(super) fn asking(question: &str, cube: &CubeId) -> SearchRequest {
    SearchRequest {
        query: question.to_owned(),
        cube_ids: vec![cube.to_string()],
        top_k: Some(DEPTH as u32),
        ..SearchRequest::default()
    }
}

/// The weights that are left.
pub(super) fn weights(args: &BenchArgs) -> Result<Weights> {
    weights_without(&args.without)
}

fn weights_without(names: &[String]) -> Result<Weights> {
    let mut signals = WEIGHTS.0;
    for name in names {
        let weight = signals.get_mut(name).ok_or_else(|| {
            let known: Vec<_> = Signals::default().named().iter().map(|(n, _)| *n).collect();
            Error::new(Code::InvalidRequest, format!("there is no signal {name:?}"))
                .at("--without")
                .remedy(format!("use one of {}", known.join(", ")))
        })?;
        *weight = 0.0;
    }
    Ok(Weights(signals))
}

/// The turn's id in its dialogue, and the tokens of its line.
fn dialogue_id(hit: &SearchHit, turns: &Turns) -> (String, usize) {
    let source = hit.memory.sources.iter().find(|s| s.kind == "message");
    let id = source.map(|s| s.reference.clone()).unwrap_or_default();
    let tokens = turns.tokens_of(&id);
    (id, tokens)
}

fn verdict(question: &Question, best: Option<&SearchHit>, show: bool) -> Option<Verdict> {
    let answer = question
        .answer
        .as_deref()
        .filter(|_| asks_for_date(question))?;
    let time = best?.valid_time.as_ref()?;
    let verdict = judge(answer, &valid_time(time)?)?;
    if show && verdict == Verdict::Wrong {
        eprintln!(
            "{} | answer {answer} | got {} to {} ({})",
            question.question, time.start, time.end, time.granularity
        );
    }
    Some(verdict)
}

/// A question for a date, by its own words: an answer that happens to hold a year is none.
fn asks_for_date(question: &Question) -> bool {
    crate::reader::question::intent(&question.question).asks_time
}

fn valid_time(time: &TimeItem) -> Option<ValidTime> {
    use serde::Deserialize;
    let name: serde::de::value::StrDeserializer<'_, serde::de::value::Error> =
        time.granularity.as_str().into_deserializer();
    Some(ValidTime {
        interval: Interval::new(time.start.at(), time.end.at()).ok()?,
        granularity: Granularity::deserialize(name).ok()?,
        offset_minutes: time.start.offset_minutes(),
    })
}

fn date_scores(verdicts: &[Verdict]) -> DateScores {
    let share = |at_least: Verdict| {
        let right = verdicts.iter().filter(|v| **v >= at_least).count();
        right as f64 / verdicts.len().max(1) as f64
    };
    DateScores {
        questions: verdicts.len(),
        strict: share(Verdict::Strict),
        lenient: share(Verdict::Lenient),
    }
}
