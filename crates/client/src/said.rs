//! What the messages of all providers have alike: who speaks, and content that is one text or several pieces.

/// The content of a message: one text, or pieces. `text` gives the texts of it, where the pieces can tell theirs.
macro_rules! content {
    (
        $(#[$meta:meta])*
        pub enum Content { $(#[$doc:meta])* $pieces:ident($piece:ty) }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(untagged)]
        pub enum Content {
            /// One text.
            Text(String),
            $(#[$doc])*
            $pieces(Vec<$piece>),
        }

        impl Content {
            /// The texts of it, one after the other.
            #[must_use]
            pub fn text(&self) -> String {
                match self {
                    Self::Text(text) => text.clone(),
                    Self::$pieces(pieces) => pieces.iter().filter_map(<$piece>::text).collect(),
                }
            }

            /// Whether it says nothing: no more than blanks, and no piece that is no text.
            pub(crate) fn is_blank(&self) -> bool {
                let is_blank = |text: &str| text.trim().is_empty();
                match self {
                    Self::Text(text) => is_blank(text),
                    Self::$pieces(pieces) => pieces.iter().all(|piece| piece.text().is_some_and(is_blank)),
                }
            }
        }

        impl From<&str> for Content {
            fn from(text: &str) -> Self {
                Self::Text(text.to_owned())
            }
        }

        impl From<String> for Content {
            fn from(text: String) -> Self {
                Self::Text(text)
            }
        }

        impl From<Vec<$piece>> for Content {
            fn from(pieces: Vec<$piece>) -> Self {
                Self::$pieces(pieces)
            }
        }
    };
}

/// The messages of a chat by who speaks, for the two dialects that name all four roles alike.
macro_rules! speakers {
    ($message:ident) => {
        impl $message {
            /// A message that sets the frame.
            #[must_use]
            pub fn system(content: impl Into<Content>) -> Self {
                Self::new().role(Role::System).content(content)
            }

            /// A message of whoever asks.
            #[must_use]
            pub fn user(content: impl Into<Content>) -> Self {
                Self::new().role(Role::User).content(content)
            }

            /// A message of the model.
            #[must_use]
            pub fn assistant(content: impl Into<Content>) -> Self {
                Self::new().role(Role::Assistant).content(content)
            }

            /// What a tool returned.
            #[must_use]
            pub fn tool(tool_call_id: &str, result: impl Into<Content>) -> Self {
                Self::new().role(Role::Tool).tool_call_id(tool_call_id).content(result)
            }

            /// The texts of it, one after the other.
            #[must_use]
            pub fn text(&self) -> String {
                self.content.as_ref().map(Content::text).unwrap_or_default()
            }

            /// Whether there is nothing in it. What a model or a tool said may well be: beside a call, or as its result.
            pub(crate) fn says_nothing(&self) -> bool {
                let was_said = matches!(self.role, Some(Role::Assistant | Role::Tool));
                !was_said && self.extra.is_empty() && self.content.as_ref().is_none_or(Content::is_blank)
            }
        }
    };
}

pub(crate) use {content, speakers};
