//! `POST /product/suggestions`.

use axum::response::Response;
use memos_core::Result;
use serde_json::json;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::cubes_of::Named;
use super::envelope::ok;
use super::messages;
use crate::faces::kit::{Form, JsonBody, Nulls, Stop, answer};
use crate::http::{AppState, Caller};
use crate::service::SuggestIn;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(suggestions))
}

/// Suggest questions
///
/// Three that the cube could answer: by the language model if there is one, else by rule.
#[utoipa::path(
    post,
    path = "/product/suggestions",
    tag = "product",
    operation_id = "product_suggestions",
    request_body(content = Object,
        example = json!({"user_id": "ada", "mem_cube_id": "ada", "language": "en"})),
    responses((status = 200, description = "The questions.", body = Object)),
)]
async fn suggestions(caller: Caller, JsonBody(body): JsonBody) -> Result<Response, Stop> {
    let (cube, language, said) = Form::read(&body, Nulls::Faulty, |form| {
        form.need_text("user_id");
        let cube = Named::new(form.need_text("mem_cube_id"));
        let language = match form.one_of("language", &["zh", "en"]) {
            Some("en") => SuggestIn::English,
            _ => SuggestIn::Chinese,
        };
        let said = messages::read(form, "message").unwrap_or_default();
        (cube, language, said.words())
    })?;
    answer(caller, move |c| {
        let made = c.memos.suggest(&c.who, &cube.id, language, &said)?;
        let mut data = json!({"query": made.questions});
        if let Some(why) = made.degraded {
            data["degraded"] = json!([why]);
        }
        Ok(ok("Suggestions retrieved successfully", data))
    })
    .await
}
