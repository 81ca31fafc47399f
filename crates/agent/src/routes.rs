//! What the agent answers over HTTP: all of it from the board, nothing is looked up while somebody waits.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use axum::{Json, Router};
use serde::Deserialize;
use serde_json::json;

use crate::board::Board;
use crate::metrics;

/// `/healthz`, `/verdict/{name}`, `/primary`, `/replica?max_lag=SECONDS` and `/metrics`; anything else is not found.
pub fn router(board: Arc<Board>) -> Router {
    Router::new()
        .route("/healthz", get(healthz))
        .route("/verdict/{name}", get(verdict))
        .route("/primary", get(primary))
        .route("/replica", get(replica))
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

/// 200 where a database may be written.
async fn primary(board: State<Arc<Board>>) -> Response {
    verdict(board, Path("database".to_owned())).await
}

/// How far a replica may be behind that is still read from, unless the question says otherwise.
const MAX_LAG: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Bound {
    /// Seconds.
    max_lag: Option<u32>,
}

/// 200 where a replica follows the present primary within the bound.
async fn replica(State(board): State<Arc<Board>>, Query(bound): Query<Bound>) -> Response {
    let most = bound.max_lag.map_or(MAX_LAG, |s| Duration::from_secs(s.into()));
    let lag = board.lag();
    let ok = lag.is_some_and(|lag| lag <= most);
    let status = if ok { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let answer = json!({ "ok": ok, "lagMs": lag.map(|l| u64::try_from(l.as_millis()).unwrap_or(u64::MAX)) });
    (status, Json(answer)).into_response()
}

async fn metrics(State(board): State<Arc<Board>>) -> Response {
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4")], metrics::render(&board)).into_response()
}
