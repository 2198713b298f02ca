//! What a client may ask: the handler of one session.

use std::sync::Arc;

use memos_core::{Code, Error, Result, UserId};
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CallToolResult, ContentBlock, CustomRequest,
    CustomResult, ErrorCode, GetPromptRequestParams, GetPromptResponse, Implementation,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ReadResourceRequestParams, ReadResourceResponse,
    ResourceUpdatedNotificationParam, ServerCapabilities, ServerConfig, SubscribeRequestParams,
    SubscriptionFilter, UnsubscribeRequestParams,
};
use rmcp::service::{NotificationContext, RequestContext, SubscriptionContext};
use rmcp::{ErrorData, RoleServer, ServerHandler};
use serde_json::Value;

use super::catalog::Catalog;
use super::dialect::{protocol_error, tool_error};
use super::home::{Client, Home};
use super::progress::Progress;
use super::sets::{Set, ToolSets};
use super::tool::{Call, Said};
use super::watch::Watches;
use super::{guide, prompts, resources};
use crate::MemOs;
use crate::http::{AppState, Caller};

/// The id of the HTTP request that a message came with.
#[derive(Clone, Debug, Default)]
pub(super) struct RequestId(pub(super) Option<String>);

/// Who asks, where, and with which tools. It is settled when a session begins.
#[derive(Clone)]
pub(super) struct Asker {
    pub(super) who: UserId,
    pub(super) tools: ToolSets,
    pub(super) home: Home,
    pub(super) request_id: RequestId,
}

/// The handler of a session.
#[derive(Clone)]
pub(super) struct Server(Arc<Inner>);

struct Inner {
    state: AppState,
    asker: Asker,
    catalog: Catalog,
    client: Client,
    watches: Watches,
}

impl Server {
    pub(super) fn new(state: AppState, asker: Asker) -> Self {
        Self(Arc::new(Inner {
            state,
            catalog: Catalog::of(&asker.tools),
            asker,
            client: Client::default(),
            watches: Watches::default(),
        }))
    }

    /// Does work that may wait for the disk.
    async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&MemOs, &Inner) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let memos = self.0.state.memos()?;
        let inner = Arc::clone(&self.0);
        let span = tracing::Span::current();
        let done = tokio::task::spawn_blocking(move || span.in_scope(|| work(&memos, &inner)));
        match done.await {
            Ok(result) => result,
            Err(error) => {
                // A session must outlive a defect; its message has been printed where it happened.
                tracing::error!(%error, "a call panicked");
                Err(Error::new(Code::Internal, "a call panicked").caused_by(error))
            }
        }
    }

    fn shows_graph(&self) -> bool {
        self.0.asker.tools.has(Set::Graph)
    }
}

// Protocol versions before 2026-07-28 subscribe by methods of their own.
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        let capabilities = ServerCapabilities::builder()
            .enable_tools()
            .enable_prompts()
            .enable_resources()
            .enable_resources_subscribe()
            .build();
        let mut about = Implementation::new("memos", env!("CARGO_PKG_VERSION"));
        about.title = Some("MemOS".to_owned());
        ServerConfig::new(capabilities)
            .with_server_info(about)
            .with_instructions(guide::instructions(&self.0.asker.tools))
    }

    async fn list_tools(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        one_page(request)?;
        Ok(ListToolsResult::with_all_items(
            self.0.catalog.shown().to_vec(),
        ))
    }

    fn get_tool(&self, name: &str) -> Option<rmcp::model::Tool> {
        self.0.catalog.spec(name).cloned()
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let Some(tool) = self.0.catalog.tool(&request.name) else {
            let names: Vec<&str> = self.0.catalog.shown().iter().map(|t| &*t.name).collect();
            return Err(ErrorData::invalid_params(
                format!("Unknown tool: {}", request.name),
                Some(serde_json::json!({
                    "field": "name",
                    "remedy": format!("use one of {}", names.join(", ")),
                })),
            ));
        };
        let progress = Progress::of(&context);
        let request_id = request_id(&context);
        // Who does not wait any more has cancelled.
        let waiting = context.ct.drop_guard();
        let done = self.work(move |_, inner| {
            let caller = Caller::of(&inner.state, &inner.asker.who, request_id.0)?;
            let call = Call {
                caller: &caller,
                memos: &caller.memos,
                who: &caller.who,
                home: &inner.asker.home,
                client: &inner.client,
                progress: &progress,
            };
            tool.run(&call, request.arguments.unwrap_or_default())
        });
        let done = done.await;
        waiting.disarm();
        Ok(match done {
            Ok(said) => told(said).into(),
            Err(error) => tool_error(&error).into(),
        })
    }

    async fn list_resources(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let (cursor, graph) = (request.and_then(|r| r.cursor), self.shows_graph());
        let listed = self.work(move |memos, inner| {
            let Asker { who, home, .. } = &inner.asker;
            resources::list(memos, who, home, graph, cursor.as_deref())
        });
        listed.await.map_err(|e| protocol_error(&e))
    }

    async fn list_resource_templates(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        one_page(request)?;
        Ok(ListResourceTemplatesResult::with_all_items(
            resources::templates(),
        ))
    }

    async fn read_resource(
        &self,
        request: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        let read = self.work(move |memos, inner| {
            let Asker { who, home, .. } = &inner.asker;
            resources::read(memos, who, home, &request.uri)
        });
        match read.await {
            Ok(read) => Ok(read.into()),
            Err(error) => Err(protocol_error(&error)),
        }
    }

    async fn subscribe(
        &self,
        request: SubscribeRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        let peer = context.peer;
        let (uri, told) = (request.uri.clone(), request.uri);
        let watch = self.watch(&uri).map_err(|e| protocol_error(&e))?;
        let watching = watch.run(move || {
            let (peer, news) = (
                peer.clone(),
                ResourceUpdatedNotificationParam::new(told.clone()),
            );
            async move { peer.notify_resource_updated(news).await.is_ok() }
        });
        self.0.watches.begin(uri, watching);
        Ok(())
    }

    async fn unsubscribe(
        &self,
        request: UnsubscribeRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        self.0.watches.end(&request.uri);
        Ok(())
    }

    fn accepted_subscription_filter(
        &self,
        requested: &SubscriptionFilter,
    ) -> Option<SubscriptionFilter> {
        let mut accepted = requested.clone();
        if let Some(uris) = &mut accepted.resource_subscriptions {
            uris.retain(|uri| resources::What::read(uri, &self.0.asker.home).is_ok());
        }
        Some(accepted)
    }

    async fn listen(&self, context: SubscriptionContext) -> Result<(), ErrorData> {
        let uris = context.accepted().resource_subscriptions.clone();
        let mut watching = tokio::task::JoinSet::new();
        for uri in uris.unwrap_or_default() {
            let watch = self.watch(&uri).map_err(|e| protocol_error(&e))?;
            let sink = context.sink().clone();
            watching.spawn(watch.run(move || {
                let (sink, uri) = (sink.clone(), uri.clone());
                async move { sink.notify_resource_updated(uri).await.is_ok() }
            }));
        }
        let until_all_end = async { while watching.join_next().await.is_some() {} };
        tokio::select! {
            () = context.cancelled() => {}
            () = until_all_end => {}
        }
        Ok(())
    }

    async fn list_prompts(
        &self,
        request: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        one_page(request)?;
        Ok(ListPromptsResult::with_all_items(prompts::list()))
    }

    async fn get_prompt(
        &self,
        request: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let made = self
            .work(move |memos, inner| prompts::get(memos, &inner.asker, &request.name, &arguments));
        match made.await {
            Ok(made) => Ok(made.into()),
            Err(error) => Err(protocol_error(&error)),
        }
    }

    /// A method that is not known, or one whose parameters are not what it takes.
    async fn on_custom_request(
        &self,
        request: CustomRequest,
        _: RequestContext<RoleServer>,
    ) -> Result<CustomResult, ErrorData> {
        const KNOWN: [&str; 13] = [
            "initialize",
            "ping",
            "tools/list",
            "tools/call",
            "resources/list",
            "resources/templates/list",
            "resources/read",
            "resources/subscribe",
            "resources/unsubscribe",
            "prompts/list",
            "prompts/get",
            "completion/complete",
            "logging/setLevel",
        ];
        Err(match KNOWN.contains(&&*request.method) {
            true => ErrorData::invalid_params(
                format!("Invalid params: {} takes others", request.method),
                None,
            ),
            false => ErrorData::new(
                ErrorCode::METHOD_NOT_FOUND,
                format!("Method not found: {}", request.method),
                None,
            ),
        })
    }

    async fn on_initialized(&self, _: NotificationContext<RoleServer>) {
        tracing::debug!(tools = %self.0.asker.tools, cube = %self.0.asker.home.cube, "a client came");
    }
}

impl Server {
    fn watch(&self, uri: &str) -> Result<super::watch::Watch> {
        let what = resources::What::read(uri, &self.0.asker.home)?;
        super::watch::Watch::new(&self.0.state, &self.0.asker.who, what)
    }
}

fn told(said: Said<Value>) -> CallToolResult {
    if said.is_refusal {
        return CallToolResult::error(vec![ContentBlock::text(said.text)]);
    }
    let mut result = CallToolResult::structured(said.data);
    result.content = vec![ContentBlock::text(said.text)];
    let links = said.links.into_iter().map(ContentBlock::resource_link);
    result.content.extend(links);
    result
}

fn request_id(context: &RequestContext<RoleServer>) -> RequestId {
    let parts = context.extensions.get::<axum::http::request::Parts>();
    let id = parts.and_then(|parts| parts.extensions.get::<RequestId>());
    id.cloned().unwrap_or_default()
}

/// Lists that fit on one page have no cursors.
fn one_page(request: Option<PaginatedRequestParams>) -> Result<(), ErrorData> {
    match request.and_then(|request| request.cursor) {
        None => Ok(()),
        Some(cursor) => Err(ErrorData::invalid_params(
            format!("the cursor {cursor:?} is not one of ours"),
            Some(serde_json::json!({
                "field": "cursor",
                "remedy": "leave it out: the list has one page",
            })),
        )),
    }
}
