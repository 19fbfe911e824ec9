//! Models: listed and read.

use serde_json::Value;

use super::Client;
use crate::Call;
use crate::shape::{request, shape};

impl<M> Client<M> {
    /// The models that the key may use.
    pub fn models(&self) -> Call<ListModels, M> {
        self.call(&[], ListModels::new())
    }

    /// One model.
    pub fn model(&self, model_id: &str) -> Call<GetModel, M> {
        self.call(&[model_id], GetModel::new())
    }
}

request! {
    /// Lists models.
    ListModels = "GET /v1/models", Query, Manage, ModelPage;
    required {}
    optional {
        /// Those before this id.
        before_id: String,
        /// Those after this id.
        after_id: String,
        /// How many a page, 1 to 1000; 20 unless this says otherwise.
        limit = u64,
    }
}

request! {
    /// Reads one model.
    GetModel = "GET /v1/models/{model_id}", Query, Manage, Model;
    required {}
    optional {}
}

shape! {
    /// A page of models.
    pub struct ModelPage {
        /// The models.
        data: Vec<Model>,
        /// Whether there are more.
        #[serde(default)]
        has_more: bool,
        /// The first id of the page.
        first_id: Option<String>,
        /// The last id of the page, after which the next one begins.
        last_id: Option<String>,
    }
}

shape! {
    /// A model.
    pub struct Model {
        /// Its id, which calls name.
        id: String,
        /// `model`.
        kind as "type": Option<String>,
        /// Its name for people.
        display_name: Option<String>,
        /// When it was made.
        created_at: Option<String>,
        /// What it can do.
        capabilities: Option<Value>,
        /// The most tokens that it takes in.
        max_input_tokens: Option<u64>,
        /// The most tokens that an answer may have.
        max_tokens: Option<u64>,
    }
}
