//! The product, asked over its own REST API.

use std::time::{Duration, Instant};

use memos_core::{
    Code, CubeId, Error, Granularity, Interval, MemoryId, Result, Signals, ValidTime, Weights,
};
use memos_models::StaticEmbedder;
use memos_scheduler::WEIGHTS;
use serde::de::IntoDeserializer;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use super::baseline::Turns;
use super::dates::{Verdict, judge};
use super::measure::{Outcome, System, summarise};
use super::report::{DateScores, ImportCost};
use super::{BenchArgs, DEPTH, DataSet};
use crate::MemOs;
use crate::client::Client;
use crate::http::{Options, Server};
use crate::reader::document::locomo::Question;
use crate::wire::{AddRequest, DocumentRequest, SearchHit, SearchRequest, TimeItem};

pub(super) struct Product {
    pub(super) system: System,
    pub(super) dates: DateScores,
    pub(super) import: ImportCost,
}

/// A server of our own on a free port with an empty folder, which goes when it ends.
struct OwnServer {
    address: String,
    stop: oneshot::Sender<()>,
    running: JoinHandle<Result<()>>,
    _folder: Folder,
}

/// A folder under the system's temporary one, removed when it is dropped.
struct Folder(std::path::PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            tracing::warn!(folder = %self.0.display(), %error, "the folder stays behind");
        }
    }
}

impl OwnServer {
    async fn start(weights: Weights) -> Result<Self> {
        let name = format!("memos-bench-{}", MemoryId::generate());
        let folder = Folder(std::env::temp_dir().join(name));
        // A benchmark sends whole dialogues as one document.
        let options = Options {
            body_limit: 1 << 30,
            ..Options::default()
        };
        let server = Server::bind("127.0.0.1:0", options).await?;
        let address = format!("http://{}", server.local_addr());
        let (stop, stopped) = oneshot::channel();
        let data = folder.0.clone();
        let open = move || MemOs::builder().data(data).weights(weights).open();
        let running = tokio::spawn(server.run(open, async {
            // A dropped sender means the same: the benchmark is over.
            let _ = stopped.await;
        }));
        Ok(Self {
            address,
            stop,
            running,
            _folder: folder,
        })
    }

    async fn end(self) -> Result<()> {
        let _ = self.stop.send(());
        self.running
            .await
            .map_err(|e| Error::new(Code::Internal, "the server broke off").caused_by(e))?
    }
}

pub(super) async fn measure(data: &DataSet, args: &BenchArgs) -> Result<Product> {
    let own = match &args.url {
        Some(_) => None,
        None => Some(OwnServer::start(weights_without(&args.without)?).await?),
    };
    let address = own
        .as_ref()
        .map(|s| s.address.as_str())
        .or(args.url.as_deref());
    let client = Client::new(address.unwrap_or_default())?;
    if own.is_some() {
        until_ready(&client).await?;
    }
    let run = format!("bench-{}", MemoryId::generate());
    let cubes: Vec<CubeId> = (0..data.samples.len())
        .map(|i| format!("{run}-{i}").parse())
        .collect::<Result<_>>()?;

    let measured = ask_all(data, args, &client, &cubes).await;
    if own.is_none() {
        for cube in &cubes {
            // What was never created can't be deleted.
            if let Err(error) = client.delete_cube(cube).await
                && error.code() != Code::CubeNotFound
            {
                return Err(error);
            }
        }
    }
    if let Some(server) = own {
        server.end().await?;
    }
    measured
}

async fn ask_all(
    data: &DataSet,
    args: &BenchArgs,
    client: &Client,
    cubes: &[CubeId],
) -> Result<Product> {
    let embedder = StaticEmbedder::bundled();
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
    let import = ImportCost {
        dialogues: cubes.len(),
        memories,
        seconds: start.elapsed().as_secs_f64(),
    };

    let (mut outcomes, mut dates) = (Vec::new(), Vec::new());
    for (sample, cube) in data.samples.iter().zip(cubes) {
        let turns = Turns::read(sample, &embedder)?;
        for question in DataSet::questions(sample) {
            let request = SearchRequest {
                query: question.question.clone(),
                cube_ids: vec![cube.to_string()],
                top_k: Some(DEPTH as u32),
                ..SearchRequest::default()
            };
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
    let name = match args.without.as_slice() {
        [] => "memos".to_owned(),
        without => format!("memos-{}", without.join("-")),
    };
    Ok(Product {
        system: summarise(name, &outcomes),
        dates: date_scores(&dates),
        import,
    })
}

async fn until_ready(client: &Client) -> Result<()> {
    const PATIENCE: Duration = Duration::from_secs(30);
    let start = Instant::now();
    loop {
        match client.cubes(None, Some(1)).await {
            Ok(_) => return Ok(()),
            Err(error) if error.code() == Code::Unavailable && start.elapsed() < PATIENCE => {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            Err(error) => return Err(error),
        }
    }
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
