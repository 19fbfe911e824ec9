//! What the gateway answers itself, in the shape that the provider's SDK understands.

use std::sync::Arc;

use http::Request;
use tidegate::{Dimension, Limit, Quota};
use tidegate_client::{BaseUrl, Body};
use tidegate_core::Price;
use tidegate_gateway::{Gateway, GatewayConfig, Upstream};
use tidegate_provider::{Dialect, Prices};
use tokio::net::TcpListener;

use crate::house::{CHAT, House, shared};
use crate::upstream::{Reply, TestUpstream};

#[tokio::test]
async fn a_body_over_the_bound_is_413_in_the_providers_shape() {
    let upstream = TestUpstream::start([]).await;
    let house = House::with(&upstream, |config| config.max_body = 1024).await;
    for length in [1025, 1500, 100_000] {
        let got = house.send(house.post("/openai/v1/chat/completions"), vec![b' '; length]).await;
        assert_eq!(got.status, 413, "{length}");
        assert!(got.json()["error"]["message"].as_str().unwrap().contains("max_body"));
    }
    assert_eq!(upstream.seen().len(), 0);
    let got = house.send(house.post("/openai/v1/chat/completions"), vec![b' '; 1024]).await;
    assert_eq!(got.status, 200);
}

#[tokio::test]
async fn bodies_that_are_held_together_have_a_bound_too() {
    let (pieces, stream) = tokio::sync::mpsc::channel::<bytes::Bytes>(1);
    let upstream = TestUpstream::start([Reply::Stream(stream)]).await;
    let limits = vec![Limit::new(Dimension::Concurrency, Quota::concurrency(1))];
    let house = shared(
        House::with(&upstream, |config| {
            (config.max_body, config.max_held) = (16 * 1024, 16 * 1024);
            config.upstreams[0].limits = limits;
        })
        .await,
    );
    let path = "/openai/v1/chat/completions";
    let first = house.open(house.post(path), Body::whole(CHAT)).await;
    let second = tokio::spawn({
        let house = house.clone();
        async move { house.send(house.post(path), vec![b' '; 12 * 1024]).await.status }
    });
    house.status_when(|status| status["accounts"][0]["waiting"] == 1).await;
    let third = house.send(house.post(path), vec![b' '; 8 * 1024]).await;
    assert_eq!((third.status.as_u16(), third.header("x-should-retry")), (429, "false"));
    drop((pieces, first));
    assert_eq!(second.await.unwrap(), 200);
    assert_eq!(house.send(house.post(path), vec![b' '; 8 * 1024]).await.status, 200);
}

#[tokio::test]
async fn a_call_that_credit_can_never_pay_is_402_in_the_providers_shape() {
    let upstream = TestUpstream::start([]).await;
    let house = House::with(&upstream, |config| {
        let mut prices = Prices::default();
        prices.give("gpt-4o", Price::per_million(2_500_000, 10_000_000));
        let upstream = &mut config.upstreams[0];
        upstream.limits = vec![Limit::new(Dimension::Money, Quota::credit(5))];
        upstream.prices = Arc::new(prices);
    })
    .await;
    let got = house.send(house.post("/openai/v1/chat/completions"), CHAT).await;
    assert_eq!(got.status, 402, "{got:?}");
    let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.contains("0.000005 USD of credit are left; add credit"), "{message}");
    assert_eq!(upstream.seen().len(), 0);
}

#[tokio::test]
async fn an_unknown_path_is_404_and_lists_what_exists() {
    let upstream = TestUpstream::start([]).await;
    let house = House::new(&upstream).await;
    for path in ["/", "/v1/chat/completions", "/openais/v1", "/api/v1/nothing"] {
        let got = house.get(path).await;
        assert_eq!(got.status, 404, "{path}");
        let paths = got.json()["error"]["paths"].as_array().unwrap().clone();
        assert!(paths.contains(&"/openai/*".into()) && paths.contains(&"/metrics".into()), "{paths:?}");
    }
}

#[tokio::test]
async fn an_unreachable_provider_is_502_that_names_the_provider_and_not_its_key() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = BaseUrl::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
    drop(listener);
    let upstream = TestUpstream::start([]).await;
    let house = House::with(&upstream, |config| {
        config.upstreams = vec![
            Upstream::new("openai", nowhere.clone(), Dialect::OpenAi),
            Upstream::new("anthropic", nowhere, Dialect::Anthropic),
        ];
    })
    .await;
    let request =
        Request::get(format!("{}/openai/v1/models", house.base)).header("authorization", "Bearer sk-secret");
    let got = house.send(request, "").await;
    assert_eq!(got.status, 502);
    let message = got.json()["error"]["message"].as_str().unwrap().to_owned();
    assert!(message.starts_with("openai: could not connect to 127.0.0.1"), "{message}");
    assert!(!got.text().contains("secret"));
    let got = house.get("/anthropic/v1/models").await;
    assert_eq!((got.status.as_u16(), &got.json()["type"]), (502, &"error".into()));
}

#[tokio::test]
async fn a_header_that_is_not_understood_is_400_and_names_itself() {
    let upstream = TestUpstream::start([]).await;
    let house = House::new(&upstream).await;
    for (name, value) in [("x-tidegate-max-wait", "soon"), ("x-tidegate-band", "urgent")] {
        let got = house.send(house.post("/openai/v1/chat/completions").header(name, value), CHAT).await;
        assert_eq!(got.status, 400);
        assert!(got.json()["error"]["message"].as_str().unwrap().contains(name), "{}", got.text());
    }
    assert_eq!(upstream.seen().len(), 0);
}

#[tokio::test]
async fn a_web_page_of_another_origin_is_refused_everywhere() {
    let upstream = TestUpstream::start([]).await;
    let house = House::new(&upstream).await;
    let evil =
        |path: &str| Request::get(format!("{}{path}", house.base)).header("origin", "https://evil.example");
    for path in ["/openai/v1/models", "/api/v1/status", "/nothing"] {
        assert_eq!(house.send(evil(path), "").await.status, 403, "{path}");
    }
    let own =
        Request::get(format!("{}/openai/v1/models", house.base)).header("origin", "http://localhost:3000");
    assert_eq!(house.send(own, "").await.status, 200);
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn a_taken_port_and_an_open_address_are_told_apart() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let taken = listener.local_addr().unwrap();
    let error = Gateway::builder(GatewayConfig::default()).bind(taken).await.unwrap_err();
    assert!(!error.is_config() && error.to_string().contains(&taken.port().to_string()), "{error}");
    let error = Gateway::builder(GatewayConfig::default()).bind(([0, 0, 0, 0], 0).into()).await.unwrap_err();
    assert!(error.is_config() && error.to_string().contains("--open"), "{error}");
}
