//! Models: listed, read, and those of one's own deleted.

use super::section;
use crate::Call;
use crate::shape::{options, request, shape};

section! {
    /// The models.
    Models
}

impl<M> Models<'_, M> {
    /// The models that the key may use.
    pub fn list(&self) -> Call<ListModels, M> {
        self.0.call(&[], ListModels::new())
    }

    /// One model.
    pub fn get(&self, model_id: &str) -> Call<GetModel, M> {
        self.0.call(&[model_id], GetModel::new())
    }

    /// Deletes a model of one's own.
    pub fn delete(&self, model_id: &str) -> Call<DeleteModel, M> {
        self.0.call(&[model_id], DeleteModel::new())
    }
}

request! {
    /// Lists models.
    ListModels = "GET /v1/models", Query, Manage, ModelList;
    required {}
    optional {
        /// Only those of this provider.
        provider: String,
        /// Only those of this name.
        model: String,
    }
}

request! {
    /// Reads one model.
    GetModel = "GET /v1/models/{model_id}", Query, Manage, Model;
    required {}
    optional {}
}

request! {
    /// Deletes a model of one's own.
    DeleteModel = "DELETE /v1/models/{model_id}", Query, Manage, Deleted;
    required {}
    optional {}
}

shape! {
    /// The models that a key may use.
    pub struct ModelList {
        /// `list`.
        object: Option<String>,
        /// The models.
        #[serde(default)]
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
        /// What it can do.
        capabilities: Option<Capabilities>,
        /// Its name for people.
        name: Option<String>,
        /// What it is for.
        description: Option<String>,
        /// The most tokens that it takes in.
        max_context_length: Option<u64>,
        /// Other ids of it.
        aliases: Option<Vec<String>>,
        /// When it goes.
        deprecation: Option<String>,
        /// What takes its place.
        deprecation_replacement_model: Option<String>,
        /// The temperature unless a call says otherwise.
        default_model_temperature: Option<f64>,
        /// Whether it is Mistral's own business.
        internal: Option<bool>,
        /// `base`, or `fine-tuned`.
        kind as "type": Option<String>,
        /// The job that trained it, where it is one's own.
        job: Option<String>,
        /// The model that it was trained from, where it is one's own.
        root: Option<String>,
        /// Whether it is put away, where it is one's own.
        archived: Option<bool>,
    }
}

shape! {
    /// That something is deleted.
    pub struct Deleted {
        /// Its id.
        id: String,
        /// What it was: `model` or `batch`.
        object: Option<String>,
        /// Whether it is gone.
        deleted: Option<bool>,
    }
}

options! {
    /// What a model can do.
    pub struct Capabilities {
        /// Chat.
        completion_chat = bool,
        /// Calling functions.
        function_calling = bool,
        /// Thinking.
        reasoning = bool,
        /// Completing code.
        completion_fim = bool,
        /// Being trained further.
        fine_tuning = bool,
        /// Looking at images.
        vision = bool,
        /// Reading documents.
        ocr = bool,
        /// Classifying.
        classification = bool,
        /// Moderating.
        moderation = bool,
        /// Listening.
        audio = bool,
        /// Writing down what is said.
        audio_transcription = bool,
        /// Writing down what is said while it is said.
        audio_transcription_realtime = bool,
        /// Speaking.
        audio_speech = bool,
        /// Sharing resources with other models.
        unified_resources = bool,
    }
}
