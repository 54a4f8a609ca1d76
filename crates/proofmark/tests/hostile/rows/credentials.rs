//! Credentials go to the host that they are stored for and to realms that the policy lists; every row also holds that the
//! second host saw none.

use proofmark_testkit::registry::{Auth, Behaviour, Effect, Route};

use crate::row::{Row, Want};
use crate::scene::{PASSWORD, Scene, USER, by_tag};

/// Asks for the password with every request.
fn basic() -> Behaviour {
    Behaviour::ecr(USER, PASSWORD)
}

/// Asks for a token from its own token service, which asks for the password.
fn bearer() -> Behaviour {
    Behaviour::plain().auth(Auth::anonymous("registry.test", "/token").user(USER, PASSWORD))
}

/// A signed image, credentials for its registry, and a second host that answers so.
fn with_foreign(behaviour: Behaviour, foreign: Behaviour) -> Scene {
    Scene::signed(behaviour).logged_in().foreign(foreign)
}

/// Answers to these requests lead to the second host.
fn led_away(scene: Scene, on: Route) -> Scene {
    let away = scene.away("");
    scene.fault(on, Effect::Redirect(away))
}

/// A registry whose tokens come from the second host.
fn realm(foreign: Behaviour) -> Scene {
    let scene = with_foreign(Behaviour::plain(), foreign);
    scene.registry.behave(Behaviour::gitlab(&scene.away("/token")));
    scene
}

/// The registry itself got the credentials, so that there was something to leak, and the second host was asked.
fn both_asked(scene: &Scene) -> Result<(), String> {
    if scene.registry.credentials().is_empty() {
        return Err("the registry got no credentials".to_owned());
    }
    foreign_asked(scene)
}

fn foreign_asked(scene: &Scene) -> Result<(), String> {
    let asked = scene.foreign.as_ref().is_some_and(|foreign| !foreign.requests().is_empty());
    if asked { Ok(()) } else { Err("the second host was not asked".to_owned()) }
}

fn foreign_not_asked(scene: &Scene) -> Result<(), String> {
    let asked = scene.foreign.as_ref().is_some_and(|foreign| !foreign.requests().is_empty());
    if asked { Err("the second host was asked".to_owned()) } else { Ok(()) }
}

/// The other way round: a realm that the policy lists gets them.
fn foreign_got_credentials(scene: &Scene) -> Result<(), String> {
    let got = scene.foreign.as_ref().is_some_and(|foreign| !foreign.credentials().is_empty());
    if got { Ok(()) } else { Err("the listed realm got no credentials".to_owned()) }
}

pub(super) const ROWS: &[Row] = &[
    Row::new("redirect with a password", Want::Pass, || {
        led_away(with_foreign(basic(), Behaviour::plain()), Route::Blobs)
    })
    .and(both_asked),
    Row::new("redirect with a token", Want::Pass, || {
        led_away(with_foreign(bearer(), Behaviour::plain()), Route::Blobs)
    })
    .and(both_asked),
    Row::new("redirect to a host that asks for the password", Want::Unverifiable("unauthorized"), || {
        led_away(with_foreign(basic(), basic()), Route::Blobs)
    })
    .and(both_asked),
    Row::new(
        "manifest redirected to a host that asks for the password",
        Want::Unverifiable("unauthorized"),
        || led_away(with_foreign(basic(), basic()), by_tag()),
    )
    .and(foreign_asked),
    Row::new("token service that redirects", Want::Unverifiable("unauthorized"), || {
        led_away(with_foreign(bearer(), bearer()), Route::Token)
    }),
    Row::new(
        "referrers that continue at another host",
        Want::PassIncomplete { path: "referrers", reason: "unreachable" },
        || {
            let scene = with_foreign(basic(), Behaviour::plain());
            let next = format!("<{}>; rel=\"next\"", scene.away("/v2/"));
            scene.fault(Route::Referrers, Effect::Header("Link", next))
        },
    )
    .and(foreign_not_asked),
    Row::new("foreign realm that gives a token to anyone", Want::Pass, || realm(Behaviour::plain()))
        .and(foreign_asked),
    Row::new("foreign realm that asks for the password", Want::Unverifiable("unauthorized"), || {
        realm(bearer())
    })
    .and(foreign_asked),
    Row::new("foreign realm that the policy lists", Want::Pass, || realm(bearer()).realm_listed())
        .and(foreign_got_credentials),
];
