//! The partners, called through generated clients of their contracts.

#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr
)]

#[path = "../../../../generated"]
#[allow(dead_code, reason = "the contracts have more than a test calls")]
mod clients {
    pub mod inventory;
    pub mod payment;
    pub mod shipping;
}
mod harness;
mod webhooks;

use std::time::Duration;

use futures::future::join_all;
use futures::{StreamExt, stream};
use harness::{Fixture, ORDER, Order, TOKEN, connected, database, said, until};
use partner_sandbox::{ControlError, Fault, FaultKind, FaultPlan, Partner, Sandbox, Webhook};

#[tokio::test]
async fn the_inventory_answers_as_its_contract_says() {
    let partners = Fixture::start().await;
    let other = Order {
        items: &[("APPLE", 3)],
        ..ORDER
    };
    let mixed = Order {
        items: &[("UNKNOWN-1", 1), ("SOLD-OUT-1", 1), ("PLUM", 4)],
        ..ORDER
    };
    let hasty = Order {
        items: &[("EXPIRES-1", 1)],
        ..ORDER
    };
    partners
        .expect(&[
            ("getReservation", "a", &ORDER, "NotFound"),
            ("commitReservation", "a", &ORDER, "NotFound"),
            ("reserve", "a", &ORDER, "status: Held, items: [ReservedItem { line: 1, sku: \"APPLE\", quantity: 2, status: Reserved }"),
            ("reserve", "a", &ORDER, "status: Held"),
            ("reserve", "a", &other, "UnprocessableContent"),
            ("getReservation", "a", &ORDER, "status: Held"),
            ("commitReservation", "a", &ORDER, "status: Committed"),
            ("commitReservation", "a", &ORDER, "status: Committed"),
            ("reserve", "a", &ORDER, "status: Committed"),
            ("listReservations", "0", &ORDER, "status: Committed"),
            ("listReservations", "a", &ORDER, "Ok([])"),
            ("release", "a", &ORDER, "status: Released"),
            ("release", "a", &ORDER, "status: Released"),
            ("commitReservation", "a", &ORDER, "code: ReservationReleased"),
            ("reserve", "a", &ORDER, "status: Released"),
            ("listReservations", "0", &ORDER, "Ok([])"),
            // Released before it arrives.
            ("release", "b", &ORDER, "status: Released, items: []"),
            ("reserve", "b", &ORDER, "reference: \"order-1\", status: Released, items: []"),
            ("reserve", "b", &other, "UnprocessableContent"),
            ("commitReservation", "b", &ORDER, "code: ReservationReleased"),
            // Each item completely or not at all.
            ("reserve", "c", &mixed, "UnknownSku }, ReservedItem { line: 2, sku: \"SOLD-OUT-1\", quantity: 1, status: Insufficient }, ReservedItem { line: 3, sku: \"PLUM\", quantity: 4, status: Reserved }"),
            ("reserve", "d", &hasty, "status: Held"),
            ("reserve", "Not-An-Id", &ORDER, "BadRequest"),
        ])
        .await;
    partners.audit().await;
    // Swept by itself: nobody asks for it.
    until("the reservation expires", || async {
        let stock = partners.control.stock().await.unwrap();
        stock
            .iter()
            .any(|article| article.sku == "EXPIRES-1" && article.held == 0)
    })
    .await;
    partners
        .expect(&[
            ("commitReservation", "d", &hasty, "code: ReservationExpired"),
            ("release", "d", &hasty, "status: Expired"),
            ("reserve", "d", &hasty, "status: Expired"),
        ])
        .await;
    partners.audit().await;
}

#[tokio::test]
async fn scarce_stock_is_given_out_to_the_last_piece() {
    let partners = Fixture::start().await;
    partners.control.set_stock("RARE", 100).await.unwrap();
    let rare = Order {
        items: &[("RARE", 3)],
        ..ORDER
    };
    let (partners, rare) = (&partners, &rare);
    let reserve = |number: u32| async move {
        let id = format!("r{number}");
        let mut answer = String::new();
        // Sent again as a client would: a busy machine may not answer in time.
        for _ in 0..10 {
            answer = partners.call("reserve", &id, rare).await;
            if answer.contains("ReservedItem {") {
                break;
            }
        }
        answer
    };
    let answers = join_all((0..50).map(reserve)).await;
    let reserved = answers
        .iter()
        .filter(|answer| answer.contains("status: Reserved"))
        .count();
    assert_eq!(reserved, 33, "{answers:?}");
    let last = Order {
        items: &[("RARE", 1)],
        ..ORDER
    };
    partners
        .expect(&[
            ("reserve", "last", &last, "status: Reserved"),
            ("reserve", "none", &last, "status: Insufficient"),
            ("release", "last", &last, "status: Released"),
            ("reserve", "again", &last, "status: Reserved"),
        ])
        .await;
    let stock = partners.control.stock().await.unwrap();
    assert_eq!((stock[0].available, stock[0].held), (0, 100));
}

#[tokio::test]
async fn the_payment_answers_as_its_contract_says() {
    let partners = Fixture::start().await;
    let amount = |amount| Order { amount, ..ORDER };
    let (one, five, six) = (amount("1"), amount("5.00"), amount("6"));
    let (declined, expires, refused) = (amount("9.91"), amount("9.92"), amount("9.93"));
    partners
        .expect(&[
            ("getAuthorization", "a", &ORDER, "NotFound"),
            ("capture", "a/c1", &five, "NotFound"),
            ("refund", "a/r1", &five, "NotFound"),
            (
                "authorize",
                "a",
                &ORDER,
                "status: Authorized, authorized: 10.50, captured: 0.00",
            ),
            ("authorize", "a", &amount("10.5"), "status: Authorized"),
            ("authorize", "a", &five, "UnprocessableContent"),
            ("refund", "a/r0", &five, "code: OverRefund"),
            (
                "capture",
                "a/c1",
                &five,
                "status: Captured, authorized: 10.50, captured: 5.00",
            ),
            ("capture", "a/c1", &five, "captured: 5.00"),
            ("capture", "a/c1", &six, "UnprocessableContent"),
            ("capture", "a/c2", &six, "code: OverCapture"),
            ("capture", "a/c3", &five, "captured: 10.00"),
            ("voidAuthorization", "a", &ORDER, "code: AlreadyCaptured"),
            ("refund", "a/r1", &six, "captured: 10.00, refunded: 6.00"),
            ("refund", "a/r1", &six, "refunded: 6.00"),
            ("refund", "a/r1", &one, "UnprocessableContent"),
            ("refund", "a/r2", &five, "code: OverRefund"),
            ("listAuthorizations", "0", &ORDER, "refunded: 6.00"),
            ("authorize", "v", &ORDER, "status: Authorized"),
            ("voidAuthorization", "v", &ORDER, "status: Voided"),
            ("voidAuthorization", "v", &ORDER, "status: Voided"),
            ("authorize", "v", &ORDER, "status: Voided"),
            ("capture", "v/c1", &five, "code: AuthorizationVoided"),
            // Voided before it arrives.
            (
                "voidAuthorization",
                "t",
                &ORDER,
                "status: Voided, authorized: 0.00",
            ),
            (
                "authorize",
                "t",
                &ORDER,
                "reference: \"order-1\", status: Voided, authorized: 0.00",
            ),
            ("capture", "t/c1", &one, "code: AuthorizationVoided"),
            ("authorize", "d", &declined, "code: Declined"),
            ("authorize", "d", &declined, "code: Declined"),
            ("getAuthorization", "d", &declined, "status: Declined"),
            ("capture", "d/c1", &one, "code: Declined"),
            ("voidAuthorization", "d", &declined, "status: Declined"),
            ("listAuthorizations", "a", &ORDER, "Ok([])"),
            ("authorize", "n", &amount("1.234"), "BadRequest"),
        ])
        .await;
    let of = |reference, order: &Order| Order {
        reference,
        ..order.clone()
    };
    let (expires, refused) = (of("order-2", &expires), of("order-3", &refused));
    partners
        .expect(&[
            ("authorize", "e", &expires, "status: Authorized"),
            ("authorize", "e", &expires, "status: Authorized"),
            ("capture", "e/c1", &expires, "code: AuthorizationExpired"),
            ("capture", "e/c1", &expires, "code: AuthorizationExpired"),
            ("getAuthorization", "e", &expires, "status: Expired"),
            ("voidAuthorization", "e", &expires, "status: Expired"),
            ("authorize", "f", &expires, "status: Authorized"),
            ("capture", "f/c1", &expires, "status: Captured"),
            ("authorize", "g", &refused, "status: Authorized"),
            ("capture", "g/c1", &refused, "code: OverCapture"),
            ("capture", "g/c1", &refused, "code: OverCapture"),
            ("capture", "g/c2", &refused, "status: Captured"),
        ])
        .await;
    partners.audit().await;
}

#[tokio::test]
async fn the_shipping_answers_as_its_contract_says() {
    let partners = Fixture::with(|options| {
        options.dispatch_after = Some(Duration::from_millis(50));
        options.deliver_after = Some(Duration::from_millis(50));
    })
    .await;
    let to = |city| Order { city, ..ORDER };
    let (stuck, hasty, returned) = (to("Stuck"), to("Hasty"), to("Returned"));
    let nowhere = Order {
        country: "XX",
        ..ORDER
    };
    partners
        .expect(&[
            ("getShipment", "a", &ORDER, "NotFound"),
            ("ship", "x", &nowhere, "code: AddressNotServed"),
            ("ship", "a", &stuck, "status: Created, version: 1"),
            ("ship", "a", &stuck, "status: Created, version: 1"),
            ("ship", "a", &hasty, "UnprocessableContent"),
            ("listShipments", "0", &ORDER, "status: Created"),
            (
                "cancelShipment",
                "a",
                &stuck,
                "status: Cancelled, version: 2",
            ),
            (
                "cancelShipment",
                "a",
                &stuck,
                "status: Cancelled, version: 2",
            ),
            ("ship", "a", &stuck, "status: Cancelled"),
            ("listShipments", "0", &ORDER, "Ok([])"),
            // Cancelled before it arrives.
            (
                "cancelShipment",
                "b",
                &ORDER,
                "status: Cancelled, version: 1",
            ),
            (
                "ship",
                "b",
                &ORDER,
                "reference: \"order-1\", status: Cancelled",
            ),
            ("ship", "h", &hasty, "status: Dispatched, version: 2"),
            ("cancelShipment", "h", &hasty, "code: TooLateToCancel"),
            ("ship", "r", &returned, "status: Created"),
            ("ship", "s", &stuck, "status: Created"),
        ])
        .await;
    for (id, status) in [
        ("h", "status: Delivered, version: 3"),
        ("r", "status: Returned, version: 3"),
    ] {
        until(status, || async {
            partners
                .call("getShipment", id, &ORDER)
                .await
                .contains(status)
        })
        .await;
    }
    partners
        .expect(&[("getShipment", "s", &ORDER, "status: Created")])
        .await;
    let control = &partners.control;
    let refused = |outcome: Result<_, ControlError>| match outcome {
        Err(ControlError::Refused(status, _)) => status,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(control.deliver("s").await), 409);
    assert_eq!(refused(control.dispatch("nothing").await), 404);
    assert_eq!(control.dispatch("s").await.unwrap().version, 2);
    assert_eq!(control.dispatch("s").await.unwrap().version, 2);
    assert_eq!(control.return_to_sender("s").await.unwrap().version, 3);
    partners.audit().await;
}

#[tokio::test]
async fn a_request_without_the_token_is_refused() {
    let partners = Fixture::start().await;
    let url = format!("http://{}/shipping", partners.options.listen);
    for (token, expected) in [
        (TOKEN, "NotFound"),
        ("guessed", "Unauthorized"),
        ("", "Unauthorized"),
    ] {
        let client = clients::shipping::Client::new(connected(&url, token));
        let parameters = clients::shipping::shipments::GetShipmentParameters { id: "a".into() };
        let answer = said(client.shipments.get_shipment(parameters).await);
        assert!(answer.contains(expected), "{token}: {answer}");
    }
}

/// Operations, and the ids that they are called with.
type Calls = &'static [(&'static str, &'static str)];

/// Each with the operations that must come before it.
const WRITES: [(&str, &str, Calls); 9] = [
    ("reserve", "r", &[]),
    ("commitReservation", "r", &[("reserve", "r")]),
    (
        "release",
        "r",
        &[("reserve", "r"), ("commitReservation", "r")],
    ),
    ("authorize", "a", &[]),
    ("voidAuthorization", "a", &[("authorize", "a")]),
    ("capture", "a/c", &[("authorize", "a")]),
    ("refund", "a/r", &[("authorize", "a"), ("capture", "a/c")]),
    ("ship", "s", &[]),
    ("cancelShipment", "s", &[("ship", "s")]),
];

#[tokio::test]
async fn concurrent_repeats_have_one_effect() {
    let partners = Fixture::start().await;
    let partners = &partners;
    for (number, (operation, id, before)) in WRITES.iter().enumerate() {
        let named = |id: &str| format!("n{number}-{id}");
        for (operation, id) in *before {
            partners.call(operation, &named(id), &ORDER).await;
        }
        let id = named(id);
        let answers = join_all((0..32).map(|_| partners.call(operation, &id, &ORDER))).await;
        assert!(
            answers
                .iter()
                .all(|answer| *answer == answers[0] && answer.starts_with("Ok(")),
            "{answers:?}"
        );
        // An undo of what is not known yet, together with what it undoes.
        let (first, undo) = (format!("u{number}"), format!("u{number}"));
        let Some((first_of, undo_of)) = [
            ("reserve", "release"),
            ("authorize", "voidAuthorization"),
            ("ship", "cancelShipment"),
        ]
        .get(number) else {
            continue;
        };
        tokio::join!(
            partners.call(first_of, &first, &ORDER),
            partners.call(undo_of, &undo, &ORDER)
        );
        let last = partners.call(first_of, &first, &ORDER).await;
        let undone = ["Released", "Voided", "Cancelled"]
            .iter()
            .any(|status| last.contains(status));
        assert!(undone, "{last}");
    }
    partners.audit().await;
    let effects = partners.control.book("order-1").await.unwrap().effects;
    assert!(effects.len() >= WRITES.len(), "{effects:?}");
}

#[tokio::test]
async fn after_any_fault_a_repeat_has_one_effect() {
    let partners = Fixture::start().await;
    let partners = &partners;
    let tried = FaultKind::REQUESTS.into_iter().flat_map(|kind| {
        WRITES
            .iter()
            .enumerate()
            .map(move |(number, write)| (kind, number, write))
    });
    let cases: Vec<_> = tried.collect();
    let faults = cases.iter().map(|(kind, number, (operation, _, _))| Fault {
        operation: Some((*operation).into()),
        contains: Some(format!("{number}-{kind:?}-x").to_lowercase()),
        count: Some(1),
        delay_ms: Some(100),
        ..Fault::new(*kind)
    });
    partners
        .control
        .set_faults(&faults.collect::<Vec<_>>())
        .await
        .unwrap();
    stream::iter(cases)
        .for_each_concurrent(8, |(kind, number, (operation, id, before))| async move {
            let named = |id: &str| format!("{number}-{kind:?}-x-{id}").to_lowercase();
            for (operation, id) in *before {
                let answer = partners.call(operation, &named(id), &ORDER).await;
                assert!(answer.starts_with("Ok("), "{kind:?} {operation}: {answer}");
            }
            let answer = partners.call(operation, &named(id), &ORDER).await;
            let expected = match (kind, *operation) {
                (FaultKind::Refuse | FaultKind::Silent | FaultKind::Cut, _) => "Transport(",
                (FaultKind::TooManyRequests, _) => "TooManyRequests",
                (FaultKind::ServiceUnavailable, _) => "ServiceUnavailable",
                (FaultKind::ErrorBefore | FaultKind::ErrorAfter, _) => "status: 500",
                (FaultKind::Undeclared, _) => "status: 418",
                (FaultKind::Malformed, _) => "Invalid(",
                (FaultKind::Expire, "commitReservation" | "capture") => "Expired",
                _ => "Ok(",
            };
            assert!(answer.contains(expected), "{kind:?} {operation}: {answer}");
            let repeated = partners.call(operation, &named(id), &ORDER).await;
            let expected = if expected == "Expired" {
                expected
            } else {
                "Ok("
            };
            assert!(
                repeated.contains(expected),
                "{kind:?} {operation}: {repeated}"
            );
        })
        .await;
    partners.audit().await;
    let hit = partners.control.faults().await.unwrap();
    assert!(
        hit.iter()
            .all(|fault| (fault.hits, fault.count) == (1, Some(0))),
        "{hit:?}"
    );
}

#[tokio::test]
async fn faults_come_by_probability_and_can_be_taken_back() {
    let partners = Fixture::start().await;
    let sometimes = Fault {
        partner: Some(Partner::Payment),
        probability: 0.5,
        ..Fault::new(FaultKind::ServiceUnavailable)
    };
    let plan = FaultPlan {
        seed: Some(7),
        faults: vec![sometimes],
    };
    let mut rounds = Vec::new();
    for _ in 0..2 {
        partners.control.set_plan(&plan).await.unwrap();
        let mut answers = Vec::new();
        for _ in 0..20 {
            answers.push(
                partners
                    .call("getAuthorization", "a", &ORDER)
                    .await
                    .contains("NotFound"),
            );
            assert!(
                partners
                    .call("getShipment", "a", &ORDER)
                    .await
                    .contains("NotFound")
            );
        }
        rounds.push(answers);
    }
    assert_eq!(rounds[0], rounds[1]);
    assert!(rounds[0].contains(&true) && rounds[0].contains(&false));
    partners.control.clear_faults().await.unwrap();
    partners
        .expect(&[("getAuthorization", "a", &ORDER, "NotFound"); 10])
        .await;
    let unknown = Fault {
        operation: Some("fly".into()),
        ..Fault::new(FaultKind::Cut)
    };
    let refused = partners.control.set_faults(&[unknown]).await;
    assert!(
        matches!(refused, Err(ControlError::Refused(400, _))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn a_restart_in_the_middle_loses_nothing() {
    let mut partners =
        Fixture::with(|options| options.dispatch_after = Some(Duration::from_millis(300))).await;
    for round in 0..5 {
        let running = &partners;
        let all = (0..200).map(|number| async move {
            let (operation, id, _) = WRITES[[0, 3, 7][number % 3]];
            running
                .call(operation, &format!("{round}-{number}-{id}"), &ORDER)
                .await
        });
        // Stopped with calls in progress.
        let some = join_all(all);
        let _ = tokio::time::timeout(Duration::from_millis(20 * round), some).await;
        partners.stop().await;
        partners.start_again().await;
        let running = &partners;
        let again = (0..200).map(|number| async move {
            let (operation, id, _) = WRITES[[0, 3, 7][number % 3]];
            running
                .call(operation, &format!("{round}-{number}-{id}"), &ORDER)
                .await
        });
        let answers = join_all(again).await;
        assert!(
            answers.iter().all(|answer| answer.starts_with("Ok(")),
            "{answers:?}"
        );
    }
    // Ordered before the restart, dispatched after it.
    let late = Order {
        reference: "order-2",
        ..ORDER
    };
    partners
        .expect(&[("ship", "late", &late, "status: Created")])
        .await;
    partners.stop().await;
    partners.start_again().await;
    until("it is dispatched", || async {
        partners
            .call("getShipment", "late", &late)
            .await
            .contains("Dispatched")
    })
    .await;
    partners.audit().await;
}

#[tokio::test]
async fn several_start_at_once_on_one_database() {
    let database_url = database().await;
    let start = |_| {
        let listen = "127.0.0.1:0".parse().unwrap();
        Sandbox::start(partner_sandbox::SandboxOptions {
            listen,
            database_url: database_url.clone(),
            token: TOKEN.into(),
            webhook: None,
            dispatch_after: None,
            deliver_after: None,
        })
    };
    let all = join_all((0..4).map(start)).await;
    for one in all {
        let one = one.unwrap();
        assert!(one.client().all_books().await.unwrap().is_empty());
        one.stop().await;
    }
}

#[tokio::test]
async fn the_books_are_read_in_pages() {
    let partners = Fixture::start().await;
    let partners = &partners;
    let references: Vec<&'static str> = (0..1100)
        .map(|number| &*format!("order-{number:04}").leak())
        .collect();
    stream::iter(&references)
        .for_each_concurrent(32, |reference| async move {
            let order = Order { reference, ..ORDER };
            assert!(
                partners
                    .call("reserve", reference, &order)
                    .await
                    .starts_with("Ok(")
            );
            assert!(
                partners
                    .call("ship", reference, &order)
                    .await
                    .starts_with("Ok(")
            );
        })
        .await;
    let books = partners.control.all_books().await.unwrap();
    let found: Vec<&str> = books.iter().map(|book| book.reference.as_str()).collect();
    assert_eq!(found, references);
    assert!(
        books
            .iter()
            .all(|book| book.reservations.len() == 1 && book.shipments.len() == 1)
    );
    assert_eq!(partners.control.book("order-0007").await.unwrap(), books[7]);
    partners.audit().await;
}

#[tokio::test]
async fn a_wrong_secret_is_refused() {
    let partners = Fixture::start().await;
    let webhook = Webhook {
        url: "http://127.0.0.1:1".into(),
        secret: "whsec_short".into(),
    };
    let refused = partners.control.set_webhook(Some(&webhook)).await;
    assert!(
        matches!(refused, Err(ControlError::Refused(400, _))),
        "{refused:?}"
    );
    let mut options = partners.options.clone();
    options.webhook = Some(webhook);
    assert!(Sandbox::start(options).await.is_err());
}
