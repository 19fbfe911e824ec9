//! `Routes`: from a request's path to what answers it.

use std::collections::BTreeMap;
use std::sync::Arc;

use tidegate_client::BaseUrl;

use crate::Upstream;

/// First segments that are the gateway's own, now or by the contract later.
pub(crate) const RESERVED: [&str; 5] = ["healthz", "readyz", "metrics", "api", "dashboard"];

/// The paths that the gateway answers itself.
pub(crate) const OWN: [(&str, Own); 4] = [
    ("/healthz", Own::Health),
    ("/readyz", Own::Ready),
    ("/metrics", Own::Metrics),
    ("/api/v1/status", Own::Status),
];

/// What the gateway answers itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Own {
    Health,
    Ready,
    Metrics,
    Status,
}

/// Where a request goes.
#[derive(Debug)]
pub(crate) enum Route<'path> {
    /// To the gateway itself.
    Own(Own),
    /// To a provider, with this path and query under `/v1`.
    Provider(Arc<Upstream>, &'path str),
    /// Nowhere.
    Unknown,
}

/// Every provider by its name.
#[derive(Debug)]
pub(crate) struct Routes {
    upstreams: BTreeMap<String, Entry>,
}

/// One provider.
#[derive(Debug)]
struct Entry {
    upstream: Arc<Upstream>,
    /// Where the public has a provider of this name: people write its prefix by habit, wherever we forward to.
    public: Option<BaseUrl>,
}

impl Entry {
    fn new(upstream: Upstream) -> Self {
        let public = tidegate_provider::builtin(&upstream.name).and_then(Upstream::builtin);
        Self { upstream: Arc::new(upstream), public: public.map(|public| public.base) }
    }

    /// The path under `/v1`, with or without the prefix of the provider's own or public base before it.
    fn canonical<'path>(&self, path: &'path str) -> &'path str {
        let path = self.upstream.base.canonical(path);
        self.public.as_ref().map_or(path, |public| public.canonical(path))
    }
}

impl Routes {
    pub(crate) fn new(upstreams: impl IntoIterator<Item = Upstream>) -> Self {
        let named = upstreams.into_iter().map(|upstream| (upstream.name.clone(), Entry::new(upstream)));
        Self { upstreams: named.collect() }
    }

    /// Where a path and query goes.
    pub(crate) fn find<'path>(&self, path_and_query: &'path str) -> Route<'path> {
        let path = path_and_query.split('?').next().unwrap_or_default();
        if let Some((_, own)) = OWN.iter().find(|(own, _)| *own == path) {
            return Route::Own(*own);
        }
        let Some(rest) = path_and_query.strip_prefix('/') else { return Route::Unknown };
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (name, rest) = rest.split_at(end);
        match self.upstreams.get(name) {
            Some(entry) => {
                let rest = if rest.is_empty() { "/" } else { entry.canonical(rest) };
                Route::Provider(Arc::clone(&entry.upstream), rest)
            }
            None => Route::Unknown,
        }
    }

    /// Every path that exists, for whoever asked for another.
    pub(crate) fn listed(&self) -> Vec<String> {
        let own = OWN.iter().map(|(path, _)| (*path).to_owned());
        own.chain(self.upstreams.keys().map(|name| format!("/{name}/*"))).collect()
    }

    pub(crate) fn upstreams(&self) -> impl Iterator<Item = &Arc<Upstream>> {
        self.upstreams.values().map(|entry| &entry.upstream)
    }
}

#[cfg(test)]
mod tests {
    use tidegate_provider::Dialect;

    use super::*;

    fn routes() -> Routes {
        let base = BaseUrl::parse("http://127.0.0.1:9").unwrap();
        Routes::new([
            Upstream::new("openai", base.clone(), Dialect::OpenAi),
            Upstream::new("openrouter", base, Dialect::OpenRouter),
        ])
    }

    fn provider_path(path: &str) -> Option<String> {
        match routes().find(path) {
            Route::Provider(_, rest) => Some(rest.to_owned()),
            _ => None,
        }
    }

    #[test]
    fn a_provider_keeps_path_and_query_as_they_are() {
        assert_eq!(provider_path("/openai/v1/x%20y?a=%2F").as_deref(), Some("/v1/x%20y?a=%2F"));
        assert_eq!(provider_path("/openai").as_deref(), Some("/"));
        assert_eq!(provider_path("/openai?x").as_deref(), Some("?x"));
        assert_eq!(provider_path("/openaix/v1"), None);
    }

    #[test]
    fn a_prefix_that_the_public_place_has_means_the_same_here() {
        assert_eq!(provider_path("/openrouter/api/v1/models").as_deref(), Some("/v1/models"));
        assert_eq!(provider_path("/openrouter/v1/models").as_deref(), Some("/v1/models"));
        assert_eq!(provider_path("/openai/api/v1/models").as_deref(), Some("/api/v1/models"));
    }

    #[test]
    fn own_paths_are_exact() {
        assert!(matches!(routes().find("/healthz?x=1"), Route::Own(Own::Health)));
        assert!(matches!(routes().find("/healthz/x"), Route::Unknown));
        assert!(matches!(routes().find("/"), Route::Unknown));
    }

    #[test]
    fn the_list_names_what_exists() {
        assert!(routes().listed().contains(&"/openai/*".to_owned()));
        assert!(routes().listed().contains(&"/api/v1/status".to_owned()));
    }
}
