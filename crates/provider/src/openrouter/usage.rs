//! Usage and errors in OpenRouter's answers and streams.
//!
//! Usage stands in the last data chunk without asking; comments and leading blanks keep connections alive; an error
//! can stand inside a 200 (recordings to 2026-08).

use super::errors::RULES;
use crate::fault::{Case, verdict};
use crate::openai::{BROAD_PATHS, fold_broad};
use crate::reading::Grammar;

pub(crate) static GRAMMAR: Grammar = Grammar {
    paths: BROAD_PATHS,
    fold: fold_broad,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};
