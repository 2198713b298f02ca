//! `POST /product/get_memory` and `/get_memory_dashboard`.

use axum::response::Response;
use memos_core::Result;
use serde_json::{Map, Value, json};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::{Named, name_of, single};
use super::envelope::ok;
use super::filter;
use super::memory::{bucket, object};
use super::memory_type::{TEXT, TOOL};
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};
use crate::service::Order;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(get_memory))
        .routes(routes!(get_memory_dashboard))
}

/// A request, read.
struct Get {
    cubes: Vec<Named>,
    preferences: bool,
    tools: bool,
    skills: bool,
    filter: Option<Map<String, Value>>,
    /// From where, and how many; without, all.
    part: Option<(usize, usize)>,
    /// A cube without anything is not listed, and a bucket counts what it shows.
    is_dashboard: bool,
}

/// Memories on a page of no size.
const PAGE: usize = 10;

impl Get {
    fn read(form: &Form<'_>, cube: Option<String>) -> Self {
        let number = |name: &str| form.maybe_whole(name, i64::MIN..=i64::MAX);
        // Only both together ask for a page.
        let part = number("page").zip(number("page_size"));
        let part = part.map(|(page, size)| {
            let size = usize::try_from(size).ok().filter(|size| *size > 0);
            let size = size.unwrap_or(PAGE);
            let before = usize::try_from(page.saturating_sub(1)).unwrap_or(0);
            (before.saturating_mul(size), size)
        });
        form.text("user_id");
        Self {
            cubes: cube.map(Named::new).into_iter().collect(),
            preferences: form.flag("include_preference", true),
            tools: form.flag("include_tool_memory", true),
            skills: form.flag("include_skill_memory", true),
            filter: form.object("filter").cloned(),
            part,
            is_dashboard: false,
        }
    }
}

/// List the memories of a cube
#[utoipa::path(
    post,
    path = "/product/get_memory",
    tag = "product",
    operation_id = "product_get_memory",
    request_body(content = Object, example = json!({"mem_cube_id": "ada", "page": 1, "page_size": 10})),
    responses((status = 200, description = "The memories, newest first.", body = Object)),
)]
async fn get_memory(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let get = Form::read(&body, Nulls::Faulty, |form| {
        let cube = form.need_text("mem_cube_id");
        Get::read(form, Some(cube))
    })?;
    answer(caller, move |c| {
        let lists = lists(c, &get)?;
        Ok(ok("Memories retrieved successfully", lists.data()))
    })
    .await
}

/// List the memories of a cube, or of all, with how many there are
#[utoipa::path(
    post,
    path = "/product/get_memory_dashboard",
    tag = "product",
    operation_id = "product_get_memory_dashboard",
    request_body(content = Object, example = json!({"mem_cube_id": "ada"})),
    responses((status = 200, description = "The memories and their numbers.", body = Object)),
)]
async fn get_memory_dashboard(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let mut get = Form::read(&body, Nulls::Faulty, |form| {
        let cube = single(form).or_else(|| form.text("user_id"));
        Get::read(form, cube)
    })?;
    get.is_dashboard = true;
    answer(caller, move |c| {
        let asks_all = get.cubes.is_empty();
        if asks_all {
            get.cubes = all_cubes(c)?;
        }
        let mut lists = lists(c, &get)?;
        if asks_all {
            lists.drop_empty();
        }
        let mut data = lists.data();
        data["statistics"] = json!({
            "total_text_nodes": lists.text.total,
            "total_tool_nodes": lists.tools.total,
            "total_skill_nodes": lists.skills.total,
            "total_preference_nodes": lists.preferences.total,
        });
        Ok(ok("Memories retrieved successfully", data))
    })
    .await
}

/// Every cube that the caller can see.
pub(super) fn all_cubes(c: &Caller) -> Result<Vec<Named>> {
    let (mut cubes, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let page = c.memos.cubes(&c.who, cursor.as_deref(), Some(1_000))?;
        cubes.extend(page.cubes.iter().filter_map(Named::of));
        if page.next_cursor.is_none() {
            return Ok(cubes);
        }
        cursor = page.next_cursor;
    }
}

/// The lists of an answer.
#[derive(Default)]
struct Lists {
    text: List,
    preferences: List,
    tools: List,
    skills: List,
}

#[derive(Default)]
struct List {
    buckets: Vec<Value>,
    total: usize,
}

impl Lists {
    fn drop_empty(&mut self) {
        let lists = [
            &mut self.text,
            &mut self.preferences,
            &mut self.tools,
            &mut self.skills,
        ];
        for list in lists {
            let holds_any = |bucket: &Value| bucket["total_nodes"] != 0;
            list.buckets.retain(holds_any);
        }
    }

    fn data(&self) -> Value {
        json!({
            "text_mem": self.text.buckets,
            "pref_mem": self.preferences.buckets,
            "tool_mem": self.tools.buckets,
            "skill_mem": self.skills.buckets,
        })
    }
}

fn lists(c: &Caller, get: &Get) -> Result<Lists> {
    let own = get.filter.as_ref().map(filter::native).transpose()?;
    // What was put away is shown to who asks for its status.
    let says_status = get
        .filter
        .as_ref()
        .is_some_and(|f| filter::names(f, "status"));
    let live =
        (!says_status).then(|| json!({"state": {"in": ["generated", "activated", "frozen"]}}));
    let own = filter::both(own.flatten(), live);
    let text = json!({"and": [
        {"semantic_type": {"in": TEXT}}, {"origin": {"ne": "inference"}}
    ]});
    let mut lists = Lists::default();
    for cube in &get.cubes {
        list(c, cube, get, own.as_ref(), text.clone(), &mut lists.text)?;
        let rest = [
            (
                get.preferences,
                json!({"semantic_type": "preference"}),
                &mut lists.preferences,
            ),
            (
                get.tools,
                json!({"semantic_type": {"in": TOOL}}),
                &mut lists.tools,
            ),
            (
                get.skills,
                json!({"semantic_type": "skill"}),
                &mut lists.skills,
            ),
        ];
        for (is_wanted, kind, into) in rest {
            if is_wanted {
                list(c, cube, get, own.as_ref(), kind, into)?;
            }
        }
    }
    Ok(lists)
}

fn list(
    c: &Caller,
    cube: &Named,
    get: &Get,
    own: Option<&Value>,
    kind: Value,
    into: &mut List,
) -> Result<()> {
    let filter = filter::both(Some(kind), own.cloned());
    let filter = filter.as_ref().map(filter::parsed).transpose()?;
    let (offset, limit) = get.part.unzip();
    let cubes = [cube.id.clone()];
    let page = c.memos.page(
        &c.who,
        &cubes,
        filter.as_ref(),
        Order::Newest,
        offset.unwrap_or(0),
        limit,
    )?;
    let shown = page.memories.iter().map(|memory| object(memory, None));
    // A cube whose own name tells nothing is known by what is in it.
    let name = match page.memories.first() {
        Some(memory) if cube.name == cube.id.as_str() => name_of(memory),
        _ => &cube.name,
    };
    let total = match get.is_dashboard {
        true => page.memories.len(),
        false => page.total,
    };
    into.buckets.push(bucket(name, shown.collect(), total));
    into.total += page.total;
    Ok(())
}
