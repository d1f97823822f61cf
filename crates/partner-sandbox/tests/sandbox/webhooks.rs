//! The announcements of changed shipments, as a receiver sees them.

use std::sync::{Arc, Mutex};

use actix_web::dev::ServerHandle;
use actix_web::web::{self, Bytes, Data};
use actix_web::{App, HttpRequest, HttpResponse, HttpServer};
use chrono::Utc;
use partner_sandbox::webhook::{ID, SIGNATURE, TIMESTAMP, verify};
use partner_sandbox::{Fault, FaultKind, Webhook};

use crate::clients::shipping::models::ShipmentChanged;
use crate::harness::{Fixture, ORDER, until};

const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

/// What arrived: the id of the message, and the version of the shipment.
type Arrived = Arc<Mutex<Vec<(String, i64)>>>;

struct Receiver {
    arrived: Arrived,
    webhook: Webhook,
    server: ServerHandle,
}

impl Receiver {
    /// Answers the first requests with 503, and others with 204.
    fn start(address: &str, failures: usize) -> Self {
        let arrived = Arrived::default();
        let (kept, left) = (Data::new(arrived.clone()), Data::new(Mutex::new(failures)));
        let server = HttpServer::new(move || {
            App::new()
                .app_data(kept.clone())
                .app_data(left.clone())
                .route("/hook", web::post().to(receive))
        });
        let server = server.workers(1).disable_signals().bind(address).unwrap();
        let url = format!("http://{}/hook", server.addrs()[0]);
        let running = server.run();
        let server = running.handle();
        tokio::spawn(running);
        let webhook = Webhook {
            url,
            secret: SECRET.into(),
        };
        Self {
            arrived,
            webhook,
            server,
        }
    }

    fn versions(&self) -> Vec<i64> {
        self.arrived
            .lock()
            .unwrap()
            .iter()
            .map(|(_, version)| *version)
            .collect()
    }

    async fn until(&self, expected: &[i64]) {
        until(&format!("{expected:?} arrive"), || async {
            self.versions() == expected
        })
        .await;
    }
}

async fn receive(
    request: HttpRequest,
    body: Bytes,
    arrived: Data<Arrived>,
    left: Data<Mutex<usize>>,
) -> HttpResponse {
    let header = |name| request.headers().get(name).unwrap().to_str().unwrap();
    let now = Utc::now().timestamp();
    verify(
        &[SECRET],
        header(ID),
        header(TIMESTAMP),
        header(SIGNATURE),
        &body,
        now,
    )
    .unwrap();
    let mut left = left.lock().unwrap();
    if *left > 0 {
        *left -= 1;
        return HttpResponse::ServiceUnavailable().finish();
    }
    let changed: ShipmentChanged = serde_json::from_slice(&body).unwrap();
    arrived
        .lock()
        .unwrap()
        .push((header(ID).into(), changed.shipment.version));
    HttpResponse::NoContent().finish()
}

/// Ships, dispatches and delivers: version 1 is not announced, 2 and 3 are.
async fn deliver(partners: &Fixture) {
    partners.expect(&[("ship", "s", &ORDER, "Created")]).await;
    partners.control.dispatch("s").await.unwrap();
    partners.control.deliver("s").await.unwrap();
}

#[tokio::test]
async fn changes_are_announced_in_sequence_and_until_they_arrive() {
    let receiver = Receiver::start("127.0.0.1:0", 3);
    let partners = Fixture::with(|options| options.webhook = Some(receiver.webhook.clone())).await;
    deliver(&partners).await;
    receiver.until(&[2, 3]).await;
    // Without a receiver nothing is announced, also not later.
    partners.control.set_webhook(None).await.unwrap();
    partners
        .expect(&[
            ("ship", "t", &ORDER, "Created"),
            ("cancelShipment", "t", &ORDER, "Cancelled"),
        ])
        .await;
    partners
        .control
        .set_webhook(Some(&receiver.webhook))
        .await
        .unwrap();
    partners
        .expect(&[
            ("ship", "u", &ORDER, "Created"),
            ("cancelShipment", "u", &ORDER, "Cancelled"),
        ])
        .await;
    receiver.until(&[2, 3, 2]).await;
    assert_eq!(receiver.arrived.lock().unwrap()[2].0, "msg_u_2");
}

#[tokio::test]
async fn an_announcement_survives_a_restart() {
    let receiver = Receiver::start("127.0.0.1:0", 0);
    let address = receiver.webhook.url["http://".len()..]
        .trim_end_matches("/hook")
        .to_owned();
    let mut partners =
        Fixture::with(|options| options.webhook = Some(receiver.webhook.clone())).await;
    receiver.server.stop(false).await;
    deliver(&partners).await;
    partners.stop().await;
    partners.options.webhook = None;
    partners.start_again().await;
    let receiver = Receiver::start(&address, 0);
    receiver.until(&[2, 3]).await;
}

#[tokio::test]
async fn webhooks_go_wrong_as_planned() {
    for (kind, expected) in [
        (FaultKind::Twice, &[2, 2, 3][..]),
        (FaultKind::Late, &[2, 3]),
        (FaultKind::OutOfOrder, &[3, 2]),
        (FaultKind::Never, &[3]),
    ] {
        let receiver = Receiver::start("127.0.0.1:0", 0);
        let partners =
            Fixture::with(|options| options.webhook = Some(receiver.webhook.clone())).await;
        let fault = Fault {
            count: Some(1),
            ..Fault::new(kind)
        };
        partners.control.set_faults(&[fault]).await.unwrap();
        deliver(&partners).await;
        receiver.until(expected).await;
        let arrived = receiver.arrived.lock().unwrap().clone();
        // The same message, with the same id.
        assert_eq!(
            arrived[0].0 == arrived[arrived.len() / 2].0,
            kind == FaultKind::Twice || kind == FaultKind::Never
        );
    }
}
