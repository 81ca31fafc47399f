//! What the agent answers over HTTP: all of it from the board, nothing is looked up while somebody waits.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde_json::json;

use crate::board::Board;
use crate::metrics;

/// `/healthz`, `/verdict/{name}` and `/metrics`; anything else is not found.
pub fn router(board: Arc<Board>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/verdict/{name}", get(verdict))
        .route("/metrics", get(metrics))
        .with_state(board)
}

async fn healthz(State(board): State<Arc<Board>>) -> Response {
    Json(json!({ "version": env!("CARGO_PKG_VERSION"), "host": board.host() })).into_response()
}

/// 200 for "yes", 503 for "no", with the reason; 503 too before the first look, 404 for an unknown verdict.
async fn verdict(State(board): State<Arc<Board>>, Path(name): Path<String>) -> Response {
    match board.verdict(&name) {
        Some(verdict) if verdict.ok => (StatusCode::OK, Json(verdict)).into_response(),
        Some(verdict) => (StatusCode::SERVICE_UNAVAILABLE, Json(verdict)).into_response(),
        None if ["database", "gateway", "balancer"].contains(&name.as_str()) => {
            let answer = json!({ "verdict": name, "ok": false, "note": { "code": "agent-starting" } });
            (StatusCode::SERVICE_UNAVAILABLE, Json(answer)).into_response()
        }
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn metrics(State(board): State<Arc<Board>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::render(&board)).into_response()
}
