//! The language model, if there is one.

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::Arc;

use memos_core::{Clock, LanguageModel, Result};
use memos_models::{ApiKey, OpenAiModel, OpenAiOptions, Tally};

use super::MemOs;
use crate::config::{Count, Llm};

/// A model, and what it counts if it is an endpoint.
#[derive(Clone)]
pub(super) struct Model {
    pub(super) port: Arc<dyn LanguageModel>,
    pub(super) endpoint: Option<Arc<OpenAiModel>>,
}

impl Model {
    pub(super) fn of(port: Arc<dyn LanguageModel>) -> Self {
        Self {
            port,
            endpoint: None,
        }
    }
}

/// The endpoint that the settings name, if they name one. It is not spoken to yet.
pub(super) fn endpoint(settings: &Llm, _: &Arc<dyn Clock>) -> Result<Option<Model>> {
    let (Some(base_url), name) = (&settings.base_url, &settings.model) else {
        return Ok(None);
    };
    let mut options = OpenAiOptions::new(base_url, name.clone().unwrap_or_default());
    options.api_key = settings.api_key.as_ref().map(|key| ApiKey::new(&key.0));
    options.timeout = settings.timeout.0;
    options.max_concurrency =
        NonZeroUsize::new(settings.concurrency.0).unwrap_or(NonZeroUsize::MIN);
    options.requests_per_minute = settings.requests_per_minute.and_then(number);
    options.request_tokens = settings.tokens_per_request.and_then(number);
    options.tenant_tokens_per_day = settings.tokens_per_day.map(|count| count.0 as u64);
    let model = OpenAiModel::new(options).map_err(|error| match error.field() {
        Some(field) => {
            let field = format!("llm.{field}");
            error.at(field)
        }
        None => error,
    })?;
    let endpoint = Arc::new(model);
    tracing::info!(
        model = endpoint.model_id(),
        "a language model is configured"
    );
    Ok(Some(Model {
        port: Arc::clone(&endpoint) as _,
        endpoint: Some(endpoint),
    }))
}

fn number(count: Count) -> Option<NonZeroU32> {
    NonZeroU32::new(u32::try_from(count.0).unwrap_or(u32::MAX))
}

impl MemOs {
    /// Name of the language model, if there is one.
    pub fn model_id(&self) -> Option<&str> {
        self.model.as_ref().map(|model| model.port.model_id())
    }

    /// What was asked of the model's endpoint, for metrics.
    pub fn model_tally(&self) -> Option<Tally> {
        Some(self.model.as_ref()?.endpoint.as_ref()?.tally())
    }
}
