//! `Routes`: the URLs and endpoints of the paths that were called last.

use http::{Method, Uri};
use tidegate_provider::Endpoint;

use crate::recent::Recent;

/// The longest path that is remembered; those of most calls have about twenty bytes.
const PATH_BYTES_MAX: usize = 128;

/// The URLs and endpoints of the paths that were called last, at one base. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Routes(Recent<(Method, String), (Uri, Endpoint)>);

impl Routes {
    /// Where a path leads, as `find` found it out now or before. What has a query is called once as a rule, so it is not
    /// remembered.
    pub(super) fn of(
        &self,
        method: &Method,
        path: &str,
        find: impl FnOnce() -> Option<(Uri, Endpoint)>,
    ) -> Option<(Uri, Endpoint)> {
        if path.len() > PATH_BYTES_MAX || path.contains('?') {
            return find();
        }
        let known = self.0.find(|(own_method, own_path)| own_path == path && own_method == method);
        known.or_else(|| {
            let found = find()?;
            self.0.keep((method.clone(), path.to_owned()), found.clone());
            Some(found)
        })
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use tidegate_provider::EndpointKind;

    use super::*;

    #[test]
    fn a_path_is_read_once_for_each_method_and_never_remembered_with_a_query() {
        let routes = Routes::default();
        let reads = Cell::new(0);
        let of = |method: Method, path: &str| {
            let found = routes.of(&method, path, || {
                reads.set(reads.get() + 1);
                Some((path.parse().ok()?, Endpoint::of(EndpointKind::Chat)))
            });
            (found.map(|(uri, _)| uri.to_string()), reads.get())
        };
        let found = |path: &str, reads| (Some(path.to_owned()), reads);
        assert_eq!(of(Method::POST, "/v1/chat"), found("/v1/chat", 1));
        assert_eq!(of(Method::POST, "/v1/chat"), found("/v1/chat", 1));
        assert_eq!(of(Method::GET, "/v1/chat"), found("/v1/chat", 2));
        assert_eq!(of(Method::GET, "/v1/list?a=1"), found("/v1/list?a=1", 3));
        assert_eq!(of(Method::GET, "/v1/list?a=1"), found("/v1/list?a=1", 4));
        assert_eq!(of(Method::GET, "no path"), (None, 5));
        assert_eq!(of(Method::GET, "no path"), (None, 6));
    }
}
