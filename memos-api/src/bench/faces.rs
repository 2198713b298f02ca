//! What a face adds to a search over the native route: the same question, asked of each in turn.

use std::time::Instant;

use memos_core::{Code, CubeId, Error, Result};
use memos_scheduler::WEIGHTS;
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::DataSet;
use super::product::{cubes, import};
use super::server::{Folder, OwnServer};
use super::ways::{Times, Way};
use crate::Working;
use crate::http::Options;

/// Memories asked for.
const TOP_K: usize = 10;

/// Rounds over all questions; the first is not measured.
const ROUNDS: usize = 3;

/// One way to search.
struct Face {
    name: &'static str,
    path: &'static str,
    /// The request for a cube and a question.
    body: fn(&str, &str) -> Value,
}

/// The native route first. What a server does not have is left out.
const FACES: &[Face] = &[
    Face {
        name: "native /api/v1/search",
        path: "/api/v1/search",
        body: |cube, question| json!({"query": question, "cube_ids": [cube], "top_k": TOP_K}),
    },
    Face {
        name: "MemOS /product/search",
        path: "/product/search",
        body: |cube, question| {
            json!({"query": question, "user_id": cube, "readable_cube_ids": [cube],
                "top_k": TOP_K, "mode": "fast"})
        },
    },
    Face {
        name: "MemOS openmem/v1",
        path: "/api/openmem/v1/search/memory",
        body: |cube, question| json!({"query": question, "user_id": cube, "memory_limit_number": TOP_K}),
    },
    Face {
        name: "mem0 /search",
        path: "/search",
        body: |cube, question| json!({"query": question, "filters": {"user_id": cube}, "top_k": TOP_K}),
    },
];

pub(super) async fn measure(data: &DataSet) -> Result<Vec<Way>> {
    let folder = Folder::new();
    let options = Options::default();
    let server = OwnServer::with(&folder, WEIGHTS, Working::Later, options).await?;
    let measured = ask(data, &server).await;
    server.end().await?;
    measured
}

async fn ask(data: &DataSet, server: &OwnServer) -> Result<Vec<Way>> {
    let cubes = cubes(data)?;
    import(data, &server.client, &cubes).await?;
    let client = client(server.client.address())?;
    let mut times = Times::of(FACES.iter().map(|face| face.name));
    let mut served = vec![true; FACES.len()];
    let mut turn = 0;
    for round in 0..ROUNDS {
        for (sample, cube) in data.samples.iter().zip(&cubes) {
            for question in DataSet::questions(sample) {
                turn += 1;
                for step in 0..FACES.len() {
                    // Nobody always comes first, when the question is new to the caches.
                    let way = (turn + step) % FACES.len();
                    if !served[way] {
                        continue;
                    }
                    let url = format!("{}{}", server.client.address(), FACES[way].path);
                    let body = (FACES[way].body)(cube.as_str(), &question.question);
                    let start = Instant::now();
                    served[way] = search(&client, &url, &body, cube).await?;
                    if round > 0 && served[way] {
                        times.took(way, start.elapsed());
                    }
                }
            }
        }
    }
    Ok(times.ways())
}

/// Asks and reads the whole answer; whether there is such a face.
async fn search(client: &Client, url: &str, body: &Value, cube: &CubeId) -> Result<bool> {
    let failed = |why: String| Error::new(Code::Internal, format!("{url} for {cube}: {why}"));
    let answer = client.post(url).json(body).send().await;
    let answer = answer.map_err(|e| failed(e.to_string()))?;
    let status = answer.status();
    let text = answer.text().await.map_err(|e| failed(e.to_string()))?;
    match status {
        StatusCode::OK => Ok(true),
        StatusCode::NOT_FOUND => Ok(false),
        status => Err(failed(format!("{status}: {text}"))),
    }
}

/// A client of a server on this machine.
pub(super) fn client(address: &str) -> Result<Client> {
    let unusable = |why: String| Error::new(Code::Internal, why);
    let url: reqwest::Url = address.parse().map_err(|_| unusable(address.to_owned()))?;
    let client = memos_models::http_client(&url)?.tcp_nodelay(true).build();
    client.map_err(|e| unusable(e.to_string()))
}
