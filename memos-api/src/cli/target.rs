//! What a command works on: the data folder itself, or a running server. Both answer alike.

use std::path::Path;
use std::sync::Arc;

use memos_core::{Code, CubeId, Error, MemoryId, Result, UserId};

use super::opening;
use crate::client::Client;
use crate::config::{Config, Layer, Loaded};
use crate::wire::{
    AddRequest, AddResponse, ContextResponse, CreateCubeRequest, Cube, CubePage, ListRequest,
    MemoryItem, MemoryPage, SearchRequest, SearchResponse,
};
use crate::{MemOs, Working};

/// A folder, opened, or a server.
#[derive(Clone)]
pub(super) enum Target {
    Local(Arc<MemOs>),
    /// A server that the configuration names.
    Remote(Client),
    /// The server that has the folder open.
    Holder(Client),
}

/// Whether a command has use for a folder that is not there yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Folder {
    MayBeNew,
    MustExist,
}

impl Target {
    /// The server that the configuration names, unless a later layer names a folder; else the
    /// folder; else the server that has the folder open.
    pub(super) async fn open(loaded: &Loaded, folder: Folder) -> Result<Self> {
        Self::open_to(loaded, folder, Working::Later).await
    }

    /// The same, with background work done if it is the folder.
    pub(super) async fn open_working(loaded: &Loaded) -> Result<Self> {
        Self::open_to(loaded, Folder::MustExist, Working::InBackground).await
    }

    async fn open_to(loaded: &Loaded, folder: Folder, working: Working) -> Result<Self> {
        let config = &loaded.config;
        if let Some(server) = &config.server
            && loaded.layer("server") >= loaded.layer("data")
        {
            tracing::info!(%server, "working on a server");
            return Client::new(server).map(Self::Remote);
        }
        if folder == Folder::MustExist && !config.data.exists() {
            return Err(no_folder(&config.data, loaded.layer("data")));
        }
        let folder = config.clone();
        match blocking(move || opening::open(&folder, working)).await {
            Ok(memos) => Ok(Self::Local(Arc::new(memos))),
            Err(error) if error.code() == Code::FolderLocked => Self::of_holder(config, error),
            Err(error) => Err(error),
        }
    }

    /// The server that has the folder open, if it is one.
    fn of_holder(config: &Config, locked: Error) -> Result<Self> {
        let holder = memos_store::holder(&config.data);
        let Some(server) = holder.and_then(|h| h.address) else {
            return Err(locked);
        };
        tracing::info!(
            folder = %config.data.display(),
            %server,
            "the folder is open in a server: talking to it"
        );
        Client::new(&server).map(Self::Holder)
    }

    /// Whether the configured folder is the one that is worked on.
    pub(super) fn is_folder_at_hand(&self) -> bool {
        !matches!(self, Self::Remote(_))
    }

    /// The address of the server, if one is worked on.
    pub(super) fn server(&self) -> Option<&str> {
        match self {
            Self::Local(_) => None,
            Self::Remote(client) | Self::Holder(client) => Some(client.address()),
        }
    }

    /// Name of the model whose vectors are searched; a server does not tell.
    pub(super) fn model(&self) -> Option<String> {
        match self {
            Self::Local(memos) => Some(memos.embedder_id().to_owned()),
            Self::Remote(_) | Self::Holder(_) => None,
        }
    }

    /// Runs a call of the library where it may block.
    async fn local<T: Send + 'static>(
        memos: &Arc<MemOs>,
        call: impl FnOnce(&MemOs, &UserId) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let memos = Arc::clone(memos);
        blocking(move || call(&memos, &super::caller())).await
    }

    /// One call, of the server or of the library.
    pub(super) async fn either<T: Send + 'static>(
        &self,
        remote: impl AsyncFnOnce(&Client) -> Result<T>,
        local: impl FnOnce(&MemOs, &UserId) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        match self {
            Self::Remote(client) | Self::Holder(client) => remote(client).await,
            Self::Local(memos) => Self::local(memos, local).await,
        }
    }

    pub(super) async fn add(&self, cube: &CubeId, request: AddRequest) -> Result<AddResponse> {
        match self {
            Self::Remote(client) | Self::Holder(client) => client.add(cube, &request).await,
            Self::Local(memos) => {
                let cube = cube.clone();
                Self::local(memos, move |m, who| m.add(who, &cube, &request)).await
            }
        }
    }

    pub(super) async fn search(&self, request: SearchRequest) -> Result<SearchResponse> {
        match self {
            Self::Remote(client) | Self::Holder(client) => client.search(&request).await,
            Self::Local(memos) => Self::local(memos, move |m, who| m.search(who, &request)).await,
        }
    }

    pub(super) async fn context(&self, request: SearchRequest) -> Result<ContextResponse> {
        match self {
            Self::Remote(client) | Self::Holder(client) => client.context(&request).await,
            Self::Local(memos) => Self::local(memos, move |m, who| m.context(who, &request)).await,
        }
    }

    pub(super) async fn list(&self, cube: &CubeId, request: ListRequest) -> Result<MemoryPage> {
        match self {
            Self::Remote(client) | Self::Holder(client) => client.list(cube, &request).await,
            Self::Local(memos) => {
                let cube = cube.clone();
                Self::local(memos, move |m, who| m.list(who, &cube, &request)).await
            }
        }
    }

    pub(super) async fn memory(&self, cube: &CubeId, id: MemoryId) -> Result<MemoryItem> {
        match self {
            Self::Remote(client) | Self::Holder(client) => client.memory(cube, id).await,
            Self::Local(memos) => {
                let cube = cube.clone();
                Self::local(memos, move |m, who| m.memory(who, &cube, id)).await
            }
        }
    }

    pub(super) async fn forget(&self, cube: &CubeId, id: MemoryId) -> Result<()> {
        match self {
            Self::Remote(client) | Self::Holder(client) => client.forget(cube, id).await,
            Self::Local(memos) => {
                let cube = cube.clone();
                Self::local(memos, move |m, who| m.forget(who, &cube, id)).await
            }
        }
    }

    pub(super) async fn create_cube(&self, request: CreateCubeRequest) -> Result<Cube> {
        match self {
            Self::Remote(client) | Self::Holder(client) => client.create_cube(&request).await,
            Self::Local(memos) => {
                Self::local(memos, move |m, who| m.create_cube(who, request)).await
            }
        }
    }

    pub(super) async fn delete_cube(&self, id: &CubeId) -> Result<()> {
        match self {
            Self::Remote(client) | Self::Holder(client) => client.delete_cube(id).await,
            Self::Local(memos) => {
                let id = id.clone();
                Self::local(memos, move |m, who| m.delete_cube(who, &id)).await
            }
        }
    }

    async fn cubes_page(&self, cursor: Option<String>) -> Result<CubePage> {
        match self {
            Self::Remote(client) | Self::Holder(client) => {
                client.cubes(cursor.as_deref(), None).await
            }
            Self::Local(memos) => {
                Self::local(memos, move |m, who| m.cubes(who, cursor.as_deref(), None)).await
            }
        }
    }

    /// Every cube, by id.
    pub(super) async fn cubes(&self) -> Result<Vec<Cube>> {
        let mut cubes = Vec::new();
        let mut cursor = None;
        loop {
            let page = self.cubes_page(cursor).await?;
            cubes.extend(page.cubes);
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(cubes);
            }
        }
    }

    /// Number of memories in a cube.
    pub(super) async fn count(&self, cube: &CubeId) -> Result<usize> {
        if let Self::Local(memos) = self {
            let cube = cube.clone();
            return Self::local(memos, move |m, who| m.count(who, &cube)).await;
        }
        let mut count = 0;
        self.each(cube, None, |_| count += 1).await?;
        Ok(count)
    }

    /// Every memory of a cube that a filter admits, oldest first, page by page.
    pub(super) async fn each(
        &self,
        cube: &CubeId,
        filter: Option<String>,
        mut see: impl FnMut(MemoryItem),
    ) -> Result<()> {
        let mut request = ListRequest {
            filter,
            ..ListRequest::default()
        };
        loop {
            let page = self.list(cube, request.clone()).await?;
            page.memories.into_iter().for_each(&mut see);
            if page.next_cursor.is_none() {
                return Ok(());
            }
            request.cursor = page.next_cursor;
        }
    }

    /// The ids of every cube; an error if there is none, since nothing can be found then.
    pub(super) async fn cube_ids(&self) -> Result<Vec<CubeId>> {
        let ids: Vec<CubeId> = self
            .cubes()
            .await?
            .into_iter()
            .map(|c| CubeId::new(c.id))
            .collect::<Result<_>>()?;
        if ids.is_empty() {
            return Err(Error::new(Code::CubeNotFound, "there is no cube yet")
                .remedy("add a memory, which creates one: memos add \"…\""));
        }
        Ok(ids)
    }

    /// The cube that holds a memory, among all or just in the one that is named.
    pub(super) async fn find(&self, cube: Option<&CubeId>, id: MemoryId) -> Result<MemoryItem> {
        if let Some(cube) = cube {
            return self.memory(cube, id).await;
        }
        for cube in self.cube_ids().await? {
            match self.memory(&cube, id).await {
                Err(e) if matches!(e.code(), Code::MemoryNotFound | Code::CubeNotFound) => {}
                found => return found,
            }
        }
        Err(
            Error::new(Code::MemoryNotFound, format!("no cube holds memory {id}"))
                .remedy("search or list for the id; a forgotten memory does not come back"),
        )
    }
}

fn no_folder(data: &Path, layer: Layer) -> Error {
    let remedy = match layer {
        Layer::Default => "name the folder with --data, or add something first: memos add \"…\"",
        _ => "correct the path, or add something first: memos add \"…\"",
    };
    Error::new(
        Code::InvalidRequest,
        format!("there is no data folder at {}", data.display()),
    )
    .at("data")
    .remedy(remedy)
}

async fn blocking<T: Send + 'static>(
    call: impl FnOnce() -> Result<T> + Send + 'static,
) -> Result<T> {
    match tokio::task::spawn_blocking(call).await {
        Ok(result) => result,
        // A panic is a defect; its message has been printed where it happened.
        Err(error) => {
            Err(Error::new(Code::Internal, "a part of this program panicked").caused_by(error))
        }
    }
}
