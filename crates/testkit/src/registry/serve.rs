//! Answering requests.

use std::io::BufReader;
use std::net::TcpStream;

use serde_json::{Value, json};

use super::auth;
use super::behaviour::{Behaviour, Referrers};
use super::body::Body;
use super::bombs;
use super::fault::Effect;
use super::http::{self, Answer};
use super::image::MEDIA_INDEX;
use super::log::LoggedRequest;
use super::route::Route;
use super::store::{Manifest, Repository};
use super::{Shared, State};

/// Answers one connection's requests until either side has enough.
pub(crate) fn connection(stream: &TcpStream, shared: &Shared) {
    drop(stream.set_nodelay(true));
    let (Ok(mut writer), Ok(reader)) = (stream.try_clone(), stream.try_clone()) else { return };
    let mut reader = BufReader::new(reader);
    while let Some(request) = http::read(&mut reader) {
        if shared.stopped() {
            return;
        }
        let answer = respond(&request, shared);
        let head_only = request.method == "HEAD";
        if !answer.write(&mut writer, head_only, &|| shared.stopped()).unwrap_or(false) {
            return;
        }
    }
}

fn respond(request: &LoggedRequest, shared: &Shared) -> Answer {
    let mut state = shared.lock();
    state.requests.push(request.clone());
    let struck = state
        .behaviour
        .faults
        .iter_mut()
        .find_map(|fault| fault.strike(&request.route).then(|| fault.effect.clone()));
    let base = format!("http://{}", shared.address);
    let answer = honest(request, &mut state, &base);
    match struck {
        Some(effect) => spoil(request, answer, effect, &base),
        None => answer,
    }
}

fn honest(request: &LoggedRequest, state: &mut State, base: &str) -> Answer {
    let State { behaviour, store, .. } = state;
    if !matches!(request.method.as_str(), "GET" | "HEAD") {
        return Answer::error(405, "UNSUPPORTED");
    }
    if request.route == Route::Token {
        return behaviour
            .auth
            .as_ref()
            .map_or_else(|| auth::issue_anonymous(request), |auth| auth.issue(request));
    }
    if let Some(Err(refusal)) = behaviour.auth.as_ref().map(|auth| auth.check(request, base)) {
        return refusal;
    }
    if request.route == Route::Ping {
        return Answer::json(&json!({}));
    }
    let Some(repository) = store.find(&request.repository) else { return Answer::error(404, "NAME_UNKNOWN") };
    match &request.route {
        Route::Tag(tag) => by_tag(repository, behaviour, tag),
        Route::Manifest(digest) => manifest(repository.manifests.get(digest), digest),
        Route::Blob(digest) => repository.blobs.get(digest).map_or_else(
            || Answer::error(404, "BLOB_UNKNOWN"),
            |bytes| blob(request, bytes, behaviour.ranges).header("Docker-Content-Digest", digest),
        ),
        Route::ReferrersOf(digest) => referrers(request, repository, behaviour, digest),
        _ => Answer::error(404, "UNSUPPORTED"),
    }
}

/// A blob, or what follows the first bytes of it.
fn blob(request: &LoggedRequest, bytes: &[u8], ranges: bool) -> Answer {
    let asked = request.header("range").filter(|_| ranges);
    let from = asked.and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse::<usize>().ok());
    match from.and_then(|from| Some((from, bytes.get(from..)?))) {
        Some((from, rest)) if !rest.is_empty() => {
            let range = format!("bytes {from}-{}/{}", bytes.len() - 1, bytes.len());
            Answer::new(206, "application/octet-stream", rest.to_vec()).header("Content-Range", &range)
        }
        Some(_) => Answer::error(416, "SIZE_INVALID"),
        None => Answer::new(200, "application/octet-stream", bytes.to_vec()),
    }
}

fn manifest(found: Option<&Manifest>, digest: &str) -> Answer {
    found.map_or_else(
        || Answer::error(404, "MANIFEST_UNKNOWN"),
        |found| {
            Answer::new(200, &found.media_type, found.bytes.clone()).header("Docker-Content-Digest", digest)
        },
    )
}

fn by_tag(repository: &mut Repository, behaviour: &Behaviour, tag: &str) -> Answer {
    if let Some(digest) = repository.resolve(tag) {
        return manifest(repository.manifests.get(&digest), &digest);
    }
    // The fallback tag is written by clients of registries without the API (distribution specification, "Referrers
    // Tag Schema"), so it follows from what refers to the digest.
    let subject = tag.strip_prefix("sha256-").map(|hex| format!("sha256:{hex}"));
    match subject.and_then(|subject| repository.referrers.get(&subject)) {
        Some(list) if behaviour.fallback_tag => {
            let bytes = index(list).to_string().into_bytes();
            let digest = proofmark_core::Digest::sha256(&bytes).to_string();
            Answer::new(200, MEDIA_INDEX, bytes).header("Docker-Content-Digest", &digest)
        }
        _ => Answer::error(behaviour.missing_tag, "MANIFEST_UNKNOWN"),
    }
}

fn index(descriptors: &[Value]) -> Value {
    json!({ "schemaVersion": 2, "mediaType": MEDIA_INDEX, "manifests": descriptors })
}

fn referrers(
    request: &LoggedRequest,
    repository: &Repository,
    behaviour: &Behaviour,
    digest: &str,
) -> Answer {
    match behaviour.referrers {
        Referrers::Status(status) => return Answer::error(status, "UNSUPPORTED"),
        Referrers::Html => {
            return Answer::new(200, "text/html", b"<!doctype html><title>Sign in</title>".to_vec());
        }
        Referrers::Api | Referrers::Empty => {}
    }
    let list = repository.referrers.get(digest).map_or(&[][..], Vec::as_slice);
    let list = if behaviour.referrers == Referrers::Empty { &[] } else { list };
    let size = behaviour.page_size.unwrap_or(usize::MAX).max(1);
    let page: usize = request.parameter("page").and_then(|text| text.parse().ok()).unwrap_or(0);
    let start = page.saturating_mul(size).min(list.len());
    let end = start.saturating_add(size).min(list.len());
    let answer = Answer::new(200, MEDIA_INDEX, index(&list[start..end]).to_string().into_bytes());
    if end < list.len() {
        answer.header("Link", &format!("<{}?page={}>; rel=\"next\"", request.path, page + 1))
    } else {
        answer
    }
}

fn spoil(request: &LoggedRequest, mut answer: Answer, effect: Effect, base: &str) -> Answer {
    let mut bytes = answer.body.bytes().to_vec();
    let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
    match effect {
        Effect::Status(status) => return Answer::error(status, "UNKNOWN"),
        Effect::RateLimited(seconds) => {
            return Answer::error(429, "TOOMANYREQUESTS").header("Retry-After", &seconds.to_string());
        }
        Effect::DigestHeader(digest) => return answer.header("Docker-Content-Digest", &digest),
        Effect::ContentType(text) => return answer.header("Content-Type", text),
        Effect::Header(name, value) => return answer.header(name, &value),
        Effect::PagingLoop => {
            let itself = format!("<{base}{}?page=0>; rel=\"next\"", request.path);
            return answer.header("Link", &itself);
        }
        Effect::Body(media_type, other) => return Answer::new(200, media_type, other),
        Effect::DeepJson(depth) => return Answer::new(200, MEDIA_INDEX, bombs::deep_json(depth)),
        Effect::GzipBomb(unpacked) => {
            return Answer { body: Body::Bytes(bombs::gzip(unpacked)), ..answer }
                .header("Content-Encoding", "gzip");
        }
        Effect::Redirect(to) => {
            let query = if request.query.is_empty() { String::new() } else { format!("?{}", request.query) };
            return Answer::error(307, "MOVED").header("Location", &format!("{to}{}{query}", request.path));
        }
        Effect::RedirectTo(url) => return Answer::error(307, "MOVED").header("Location", &url),
        Effect::BitFlip => {
            if let Some(byte) = bytes.last_mut() {
                *byte ^= 1;
            }
            answer.body = Body::Bytes(bytes);
        }
        Effect::Truncated(keep) => {
            bytes.truncate(keep);
            answer.body = Body::Claimed { bytes, length };
        }
        Effect::WrongLength(by) => {
            answer.body = Body::Claimed { bytes, length: length.saturating_add_signed(by) }
        }
        Effect::Slow(per_second) => answer.body = Body::Slow { bytes, per_second },
        Effect::Endless => answer.body = Body::Endless(None),
        Effect::Declared(length) => answer.body = Body::Endless(Some(length)),
        Effect::Reset => answer.body = Body::Reset,
        Effect::Silent => answer.body = Body::Silent,
    }
    answer
}
