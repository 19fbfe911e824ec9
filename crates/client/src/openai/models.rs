//! Models: listed and read.

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
    ListModels = "GET /v1/models", Query, Manage, ModelList;
    required {}
    optional {}
}

request! {
    /// Reads one model.
    GetModel = "GET /v1/models/{model_id}", Query, Manage, Model;
    required {}
    optional {}
}

shape! {
    /// The models that a key may use.
    pub struct ModelList {
        /// `list`.
        object: Option<String>,
        /// The models.
        data: Vec<Model>,
    }
}

shape! {
    /// A model.
    pub struct Model {
        /// Its id, which calls name.
        id: String,
        /// `model`.
        object: Option<String>,
        /// When it was made, in seconds since 1970.
        created: Option<u64>,
        /// Whose it is.
        owned_by: Option<String>,
        /// The day on which it ends.
        shutdown_date: Option<String>,
    }
}
