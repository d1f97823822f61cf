use std::time::Duration;

use super::*;

fn with(variables: &[(&str, &str)]) -> Result<Settings, SettingsError> {
    let variables = variables
        .iter()
        .map(|(name, value)| ((*name).into(), (*value).into()));
    let environment = Environment::with_prefix(PREFIX)
        .prefix_separator("__")
        .separator("__")
        .try_parsing(true)
        .source(Some(variables.collect()));
    Settings::from_sources(None, environment)
}

#[test]
fn the_defaults_are_complete() {
    let settings = with(&[]).unwrap();
    assert_eq!(settings.http.listen, "127.0.0.1:8080");
    assert_eq!(settings.workflow.processing_delay, Duration::from_secs(5));
}

#[test]
fn the_environment_overrides_the_defaults() {
    let settings = with(&[
        ("ORDERS__HTTP__LISTEN", "127.0.0.1:0"),
        ("ORDERS__DATABASE__POOL_SIZE", "3"),
        ("ORDERS__WORKFLOW__PROCESSING_DELAY", "100ms"),
    ])
    .unwrap();
    assert_eq!(settings.http.listen, "127.0.0.1:0");
    assert_eq!(settings.database.pool_size, 3);
    assert_eq!(
        settings.workflow.processing_delay,
        Duration::from_millis(100)
    );
}

#[test]
fn proxies_may_be_ipv4_and_ipv6_networks_and_addresses() {
    let proxies = "10.0.0.0/8, ::ffff:10.1.0.0/112,::ffff:192.0.2.1 , 2001:db8::/32,::1";
    let settings = with(&[("ORDERS__HTTP__TRUSTED_PROXIES", proxies)]).unwrap();
    let networks = settings.http.trusted_networks().unwrap();
    let read: Vec<String> = networks.iter().map(ToString::to_string).collect();
    let wanted = [
        "10.0.0.0/8",
        "10.1.0.0/16",
        "192.0.2.1/32",
        "2001:db8::/32",
        "::1/128",
    ];
    assert_eq!(read, wanted);
}

#[test]
fn an_error_names_an_unknown_setting() {
    let error = with(&[("ORDERS__HTTP__LISTN", "x")])
        .unwrap_err()
        .to_string();
    assert!(error.contains("listn"), "{error}");
}

#[test]
fn an_error_contains_all_faults() {
    let error = with(&[
        ("ORDERS__HTTP__LISTEN", "here"),
        ("ORDERS__DATABASE__POOL_SIZE", "0"),
        ("ORDERS__MONITORING__LISTEN", "there"),
        ("ORDERS__MONITORING__REFRESH", "0s"),
        ("ORDERS__TRACES__ENDPOINT", "collector"),
        ("ORDERS__TRACES__SAMPLE_RATIO", "1.5"),
        ("ORDERS__PARTNERS__PAYMENT__TIMEOUT", "11s"),
        ("ORDERS__HTTP__ALLOWED_HOSTS", "orders.internal, *.example"),
        ("ORDERS__MONITORING__ALLOWED_HOSTS", "[::1],worker:9090"),
    ])
    .unwrap_err()
    .to_string();
    for name in [
        "http.listen",
        "database.pool_size",
        "monitoring.listen",
        "monitoring.refresh",
        "traces.endpoint",
        "traces.sample_ratio",
        "partners.payment.timeout: must be at most 10 s",
        "http.allowed_hosts: `*.example`",
        "monitoring.allowed_hosts: `worker:9090`",
    ] {
        assert!(error.contains(name), "{error}");
    }
}

#[test]
fn monitoring_and_traces_can_be_off() {
    let settings = with(&[
        ("ORDERS__MONITORING__LISTEN", ""),
        ("ORDERS__TRACES__ENDPOINT", ""),
        ("ORDERS__TRACES__SAMPLE_RATIO", "1"),
    ])
    .unwrap();
    assert_eq!(settings.monitoring.listen, "");
    assert_eq!(settings.traces.sample_ratio, 1.0);
}

#[test]
fn contradictory_security_settings_are_rejected() {
    let faulty = |variables: &[(&str, &str)], parts: &[&str]| {
        let error = with(variables).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error}");
        }
        assert!(!error.contains("hush"), "{error}");
    };
    faulty(
        &[
            ("ORDERS__HTTP__TLS__CERTIFICATE", "a.pem"),
            ("ORDERS__TEMPORAL__TLS__KEY", "b.pem"),
            (
                "ORDERS__HTTP__CORS__ALLOWED_ORIGINS",
                "https://a.example, *",
            ),
            ("ORDERS__DATABASE__PASSWORD", "hush"),
            ("ORDERS__HTTP__KEEP_ALIVE_TIMEOUT", "31s"),
        ],
        &[
            "http.stall_timeout",
            "http.tls.key",
            "temporal.tls.certificate",
            "`*`",
            "database.password",
        ],
    );
    let url = "ORDERS__DATABASE__URL";
    let ca = ("ORDERS__DATABASE__TLS__CA_FILE", "ca.pem");
    faulty(&[(url, "postgres://h/d?sslmode=allow")], &["sslmode"]);
    faulty(&[(url, "postgres://h/d?sslmode=verify-ca")], &["ca_file"]);
    faulty(
        &[(url, "postgres://h/d?sslrootcert=x")],
        &["database.tls.ca_file"],
    );
    for weak in ["disable", "prefer"] {
        faulty(
            &[(url, &format!("postgres://h/d?sslmode={weak}")), ca],
            &[weak, "ca_file"],
        );
    }
    faulty(
        &[
            ("ORDERS__TEMPORAL__ADDRESS", "http://h:1"),
            ("ORDERS__TEMPORAL__API_KEY", "hush"),
        ],
        &["temporal.address"],
    );
    faulty(
        &[
            ("ORDERS__TEMPORAL__API_KEY", "hush"),
            ("ORDERS__TEMPORAL__API_KEY_FILE", "key"),
        ],
        &["temporal.api_key_file"],
    );
    faulty(
        &[("ORDERS__TEMPORAL__TLS__CA_FILE", "x")],
        &["temporal.tls.enabled"],
    );
    // Digits would be parsed as a number and change.
    faulty(&[("ORDERS__TEMPORAL__API_KEY", "0017")], &["api_key"]);
}

#[test]
fn the_ssl_mode_is_never_weaker_than_requested() {
    let mode = |query: &str, ca: &str| {
        with(&[
            ("ORDERS__DATABASE__URL", &format!("postgres://h/d{query}")),
            ("ORDERS__DATABASE__TLS__CA_FILE", ca),
        ])
        .unwrap()
        .database
        .ssl_mode()
        .unwrap()
    };
    assert_eq!(mode("", ""), SslMode::Prefer);
    assert_eq!(mode("", "ca.pem"), SslMode::VerifyFull);
    assert_eq!(mode("?sslmode=disable", ""), SslMode::Disable);
    assert_eq!(mode("?sslmode=prefer", ""), SslMode::Prefer);
    assert_eq!(mode("?sslmode=require", ""), SslMode::Require);
    assert_eq!(mode("?sslmode=require", "ca.pem"), SslMode::VerifyCa);
    assert_eq!(mode("?sslmode=verify-ca", "ca.pem"), SslMode::VerifyCa);
    assert_eq!(mode("?sslmode=verify-full", ""), SslMode::VerifyFull);
}

#[test]
fn settings_never_show_a_secret() {
    let settings = with(&[
        ("ORDERS__TEMPORAL__API_KEY", "hush-hush"),
        ("ORDERS__DATABASE__URL", "postgres://me@h/d"),
        ("ORDERS__DATABASE__PASSWORD", "hush-hush"),
    ])
    .unwrap();
    let shown = format!("{settings:?} {}", toml::to_string(&settings).unwrap());
    assert!(
        !shown.contains("hush") && shown.contains("redacted"),
        "{shown}"
    );
}

#[test]
fn an_error_does_not_quote_the_file() {
    let file = std::env::temp_dir().join(format!("orders-{}.toml", std::process::id()));
    for (text, place) in [
        ("[temporal]\napi_key = hush\n", "line 2"),
        ("[temporal]\napi_key = \"hush\n", "line 2"),
        ("[temporal]\napi_keys = \"hush\"\n", "api_keys"),
        ("[temporal]\napi_key = [\"hush\"]\n", "api_key"),
    ] {
        std::fs::write(&file, text).unwrap();
        let error = Settings::load(Some(&file)).unwrap_err().to_string();
        assert!(!error.contains("hush") && error.contains(place), "{error}");
    }
    std::fs::remove_file(&file).unwrap();
}

#[test]
fn a_password_is_never_shown() {
    let url = SecretUrl::try_from("postgres://me:hush@db/orders?password=hush").unwrap();
    assert!(!format!("{url} {url:?}").contains("hush"));
    assert!(!serde_json::to_string(&url).unwrap().contains("hush"));
    let error = SecretUrl::try_from("mysql://me:hush@db").unwrap_err();
    assert!(!error.contains("hush"));
}
