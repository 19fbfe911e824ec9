//! Usage and errors in the answers and streams of compatible hosts, wherever any of them puts it.

use super::errors::RULES;
use crate::fault::{Case, verdict};
use crate::openai::{BROAD_PATHS, fold_broad};
use crate::reading::Grammar;

pub(crate) static GRAMMAR: Grammar = Grammar {
    paths: BROAD_PATHS,
    fold: fold_broad,
    judge: |fault| verdict(&Case { status: 200, fault, head: None }, &RULES),
};
