//! The examples of README.md and of every guide under `docs/`, run as documentation tests.

#![doc = include_str!("../../README.md")]

/// Declares a module for each page, with the page as its documentation.
macro_rules! pages {
    ($($name:ident: $file:literal,)*) => {
        $(
            #[doc = include_str!(concat!("../../docs/", $file))]
            mod $name {}
        )*
    };
}

pages! {
    configuration: "configuration.md",
    errors: "errors.md",
    from_other_clients: "from-other-clients.md",
    inspect: "inspect.md",
    limits: "limits.md",
    observability: "observability.md",
    providers: "providers.md",
    quick_start: "quick-start.md",
    reservations: "reservations.md",
    stores: "stores.md",
    streaming: "streaming.md",
}
