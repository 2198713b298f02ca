//! The language model as the port wants it, and the runtime that it works on.

use std::sync::Arc;

use async_trait::async_trait;
use memos_core::{
    Clock, Code, Error, LanguageModel, Piece, Prompt, Reply, Result, SystemClock, UserId,
};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::conversation::Inner;
use super::dialect::Spoken;
use super::exchange::{Line, Pieces};
use super::gate::Gate;
use super::options::{self, OpenAiOptions};
use super::spend::{Ledger, Spent};
use super::tally::{Counters, Tally};
use super::tls::http_client;

/// Pieces of a stream that may wait for the caller.
const PIECES_WAITING: usize = 64;

/// A language model behind an OpenAI-compatible endpoint.
///
/// ```no_run
/// use memos_core::{LanguageModel, Prompt, PromptMessage, Role};
/// use memos_models::{OpenAiModel, OpenAiOptions};
///
/// let options = OpenAiOptions::new("http://127.0.0.1:11434/v1", "qwen3:8b");
/// let model = OpenAiModel::new(options)?;
/// let prompt = Prompt {
///     purpose: "greeting.v1".into(),
///     tenant: "ana".parse()?,
///     messages: vec![PromptMessage { role: Role::User, content: "Hello!".into() }],
///     schema: None,
///     max_tokens: Some(50),
///     temperature: None,
///     timeout: None,
/// };
/// let answer = model.complete(&prompt);
/// # Ok::<(), memos_core::Error>(())
/// ```
///
/// The futures run on any executor: the network's work is done on a tokio runtime that the model
/// owns or was given. Dropping a future aborts its request.
pub struct OpenAiModel {
    inner: Arc<Inner>,
    handle: Handle,
    own: Option<Runtime>,
}

impl OpenAiModel {
    /// A model with a runtime of its own, of one thread, and the system's clock. Does not connect
    /// yet.
    ///
    /// # Errors
    /// `InvalidRequest` for an address, a key or a model name that can't be; `Unavailable` if TLS
    /// or the runtime does not start.
    pub fn new(options: OpenAiOptions) -> Result<Self> {
        let own = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("memos-llm")
            .enable_all()
            .build()
            .map_err(|e| {
                Error::new(
                    Code::Unavailable,
                    format!("the client of the language model does not start: {e}"),
                )
                .remedy("this system allows no more threads; raise its limits")
                .caused_by(e)
            })?;
        let mut model = Self::on(options, own.handle().clone(), Arc::new(SystemClock))?;
        model.own = Some(own);
        Ok(model)
    }

    /// A model on a tokio runtime (with I/O and time) that outlives it; the clock says which day
    /// spending falls on.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn on(options: OpenAiOptions, handle: Handle, clock: Arc<dyn Clock>) -> Result<Self> {
        let base = options::base_url(&options.base_url)?;
        if options.model.trim().is_empty() {
            return Err(
                Error::new(Code::InvalidRequest, "no language model is named")
                    .at("model")
                    .remedy("set MEMOS_LLM_MODEL to a model that the endpoint has"),
            );
        }
        let client = http_client(&base)?
            .connect_timeout(options.connect_timeout)
            .build()
            .map_err(|e| {
                Error::new(Code::Unavailable, "the HTTP client does not start").caused_by(e)
            })?;
        let line = Line::new(client, &base, options.api_key.as_ref())?;
        let inner = Inner {
            line,
            place: base.to_string(),
            gate: Gate::new(options.max_concurrency, options.requests_per_minute),
            ledger: Ledger::new(options.tenant_tokens_per_day, clock.now()),
            spoken: Spoken::default(),
            counters: Counters::default(),
            clock,
            options,
        };
        Ok(Self {
            inner: Arc::new(inner),
            handle,
            own: None,
        })
    }

    /// What was done so far, for metrics.
    pub fn tally(&self) -> Tally {
        self.inner.counters.tally()
    }

    /// What a tenant has spent today.
    pub fn spent(&self, tenant: &UserId) -> Spent {
        self.inner.ledger.spent(tenant, self.inner.clock.now())
    }

    /// What every tenant has spent today, to be kept over a restart.
    pub fn spending(&self) -> Vec<(UserId, Spent)> {
        self.inner.ledger.all(self.inner.clock.now())
    }

    /// Tells what a tenant had spent before this process began. Counts if it was today; asked
    /// twice, the larger figure stands.
    pub fn restore(&self, tenant: &UserId, spent: Spent) {
        self.inner
            .ledger
            .restore(tenant, spent, self.inner.clock.now());
    }

    fn spawn(&self, prompt: &Prompt, pieces: Option<Pieces>) -> Task {
        let (inner, prompt) = (Arc::clone(&self.inner), prompt.clone());
        Task(
            self.handle
                .spawn(async move { inner.answer(&prompt, pieces).await }),
        )
    }
}

impl Drop for OpenAiModel {
    fn drop(&mut self) {
        if let Some(own) = self.own.take() {
            // Waiting for it would panic inside another runtime.
            own.shutdown_background();
        }
    }
}

impl std::fmt::Debug for OpenAiModel {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OpenAiModel")
            .field("options", &self.inner.options)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl LanguageModel for OpenAiModel {
    fn model_id(&self) -> &str {
        &self.inner.options.model
    }

    async fn complete(&self, prompt: &Prompt) -> Result<Reply> {
        self.spawn(prompt, None).join().await
    }

    /// With a schema, the reply is checked and mended at the end; it is not asked for again, since
    /// its pieces are with the caller already.
    async fn stream(
        &self,
        prompt: &Prompt,
        piece: &mut (dyn for<'p> FnMut(Piece<'p>) + Send),
    ) -> Result<Reply> {
        let (to, mut pieces) = mpsc::channel(PIECES_WAITING);
        let task = self.spawn(prompt, Some(Pieces { to, given: false }));
        while let Some(new) = pieces.recv().await {
            if !new.thoughts.is_empty() {
                piece(Piece::Reasoning(&new.thoughts));
            }
            if !new.words.is_empty() {
                piece(Piece::Text(&new.words));
            }
        }
        task.join().await
    }
}

/// Work on the runtime that ends when nobody waits for it.
struct Task(JoinHandle<Result<Reply>>);

impl Task {
    async fn join(mut self) -> Result<Reply> {
        (&mut self.0).await.unwrap_or_else(|e| {
            Err(Error::new(
                Code::Unavailable,
                "the client of the language model was shut down before its answer came",
            )
            .remedy("try again")
            .caused_by(e))
        })
    }
}

impl Drop for Task {
    fn drop(&mut self) {
        self.0.abort();
    }
}
