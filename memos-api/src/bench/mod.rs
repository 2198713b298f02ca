//! `memos bench`: evidence recall, tokens and latency on dialogues whose evidence is known.
//!
//! The product is asked over its own REST API, on a socket; two baselines read the same turns in
//! process: plain BM25 (words as they stand) and the cosine of the embedder's vectors. No background
//! work is done meanwhile; what it does to the answers and how long they take, `--background` tells.

mod background;
mod baseline;
mod dates;
mod faces;
mod load;
mod measure;
mod product;
mod proxy;
mod queue;
mod reach;
mod relevance;
mod report;
mod server;
mod ways;

use std::path::PathBuf;

use memos_core::{Code, Error, Result};

use crate::reader::document::locomo::{self, LocomoSample, Question};

pub use background::{Background, Busy, Work};
pub use measure::{Latency, Scores, System};
pub use queue::QueueCost;
pub use reach::Reach;
pub use relevance::{Kept, Relevance};
pub use report::{DateScores, ImportCost, Report};
pub use ways::Way;

/// What to measure.
#[derive(Clone, Debug, clap::Args)]
pub struct BenchArgs {
    /// Files in LoCoMo's format
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub json: bool,
    /// Take this signal out of the score (repeatable), to see what it is worth
    #[arg(long, value_name = "SIGNAL")]
    pub without: Vec<String>,
    /// Leave the baselines out
    #[arg(long)]
    pub no_baselines: bool,
    /// Ask a running server instead of one started for the run; its weights are its own
    #[arg(long, value_name = "URL", conflicts_with = "without")]
    pub url: Option<String>,
    /// Also do the background work: what it does to recall, tokens and reach, how long searches take
    /// beside it, and what the queue itself costs
    #[arg(long, conflicts_with = "url")]
    pub background: bool,
    /// Also tell what the threshold of relevance keeps and drops
    #[arg(long)]
    pub relevance: bool,
    /// Also ask each face the same questions, in turn with the native route: what it adds
    #[arg(long, conflicts_with = "url")]
    pub faces: bool,
    /// Also ask a scripted model server, directly and through the proxy, in turn: what the proxy adds
    /// to the first token
    #[arg(long, conflicts_with = "url")]
    pub proxy: bool,
    /// Write the date questions that were answered wrong to standard error
    #[arg(long)]
    pub show_dates: bool,
}

/// Memories asked for per question: the deepest rank that is measured.
const DEPTH: usize = 30;

/// LoCoMo's category of adversarial questions, whose evidence is of what they distort.
const ADVERSARIAL: &str = "5";

/// A file's dialogues with the questions that can be measured.
struct DataSet {
    samples: Vec<LocomoSample>,
    /// Each sample as a document of its own.
    raw: Vec<String>,
}

impl DataSet {
    fn read(files: &[PathBuf]) -> Result<Self> {
        let (mut samples, mut raw) = (Vec::new(), Vec::new());
        for file in files {
            let name = file.display();
            let text = std::fs::read_to_string(file).map_err(|e| {
                Error::new(Code::InvalidRequest, format!("{name} can't be read: {e}"))
                    .at("FILE")
                    .remedy("name a file in LoCoMo's format")
            })?;
            let read = locomo::samples(&text).map_err(|e| {
                Error::new(e.code(), format!("{name}: {}", e.message()))
                    .remedy("name a file in LoCoMo's format")
            })?;
            samples.extend(read);
            raw.extend(documents(&text)?);
        }
        let data = Self { samples, raw };
        if data
            .samples
            .iter()
            .flat_map(Self::questions)
            .next()
            .is_none()
        {
            let names: Vec<_> = files.iter().map(|f| f.display().to_string()).collect();
            return Err(Error::new(
                Code::InvalidDocument,
                format!(
                    "{} asks no question that names its evidence",
                    names.join(", ")
                ),
            )
            .at("FILE")
            .remedy(
                "name a file whose samples have \"qa\": questions with the dia_id of their \
                 evidence, of another category than 5",
            ));
        }
        Ok(data)
    }

    /// Questions with evidence, by sample; adversarial ones are left out.
    fn questions(sample: &LocomoSample) -> impl Iterator<Item = &Question> {
        sample
            .questions
            .iter()
            .filter(|q| !q.evidence.is_empty() && q.category != ADVERSARIAL)
    }
}

/// A file's samples, each as a document without the questions.
fn documents(text: &str) -> Result<Vec<String>> {
    let broken = |e: serde_json::Error| {
        Error::new(Code::InvalidDocument, format!("the file is not JSON: {e}"))
    };
    let samples = match serde_json::from_str(text).map_err(broken)? {
        serde_json::Value::Array(samples) => samples,
        sample => vec![sample],
    };
    samples
        .into_iter()
        .map(|mut sample| {
            if let Some(fields) = sample.as_object_mut() {
                fields.remove("qa");
            }
            serde_json::to_string(&sample).map_err(broken)
        })
        .collect()
}

/// Runs the benchmark and returns what it measured.
///
/// # Errors
/// If a file can't be read or the server fails.
pub async fn run(args: &BenchArgs) -> Result<Report> {
    let data = DataSet::read(&args.files)?;
    let (product, background) = if args.background {
        let (product, background) = background::measure(&data, args).await?;
        (product, Some(background))
    } else {
        (product::measure(&data, args).await?, None)
    };
    let mut systems = vec![product.system];
    if !args.no_baselines {
        systems.push(baseline::bm25(&data)?);
        systems.push(baseline::dense(&data)?);
    }
    Ok(Report {
        systems,
        dates: product.dates,
        import: product.import,
        relevance: product.relevance,
        background,
        faces: match args.faces {
            true => Some(faces::measure(&data).await?),
            false => None,
        },
        proxy: match args.proxy {
            true => Some(proxy::measure(&data).await?),
            false => None,
        },
    })
}
