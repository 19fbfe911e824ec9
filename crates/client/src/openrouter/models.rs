//! Models: listed, with their prices.

use serde_json::Value;

use super::Client;
use crate::Call;
use crate::shape::{request, shape};

impl<M> Client<M> {
    /// The models.
    pub fn models(&self) -> Call<ListModels, M> {
        self.call(&[], ListModels::new())
    }
}

request! {
    /// Lists models.
    ListModels = "GET /v1/models", Query, Manage, ModelList;
    required {}
    optional {
        /// Only those for this use.
        category: String,
        /// Only those that know these fields.
        supported_parameters: String,
        /// Only those with these words in their names.
        q: String,
        /// In which order.
        sort: String,
        /// How many.
        limit = u64,
        /// After how many.
        offset = u64,
        /// Only those that take this in.
        input_modalities: String,
        /// Only those that give this.
        output_modalities: String,
        /// Only those of this family.
        arch: String,
        /// Only those of these makers.
        model_authors: String,
        /// Only those of these providers.
        providers: String,
        /// Only those that take in so many tokens.
        context = u64,
        /// Only those whose input costs at least so much.
        min_price = f64,
        /// Only those whose input costs at most so much.
        max_price = f64,
        /// Only those whose text may be learned from.
        distillable: String,
        /// Only those with a provider that keeps nothing.
        zdr: String,
        /// Only those that run there.
        region: String,
    }
}

shape! {
    /// The models.
    pub struct ModelList {
        /// The models.
        data: Vec<Model>,
    }
}

shape! {
    /// A model.
    pub struct Model {
        /// Its id, which calls name.
        id: String,
        /// Its name for people.
        name: Option<String>,
        /// When it was made, in seconds since 1970.
        created: Option<f64>,
        /// What it is for.
        description: Option<String>,
        /// The most tokens that it takes in.
        context_length: Option<f64>,
        /// What it costs, in US dollars a token, as texts.
        pricing: Option<Value>,
        /// The fields that it knows.
        supported_parameters: Option<Vec<String>>,
        /// Its id that never changes.
        canonical_slug: Option<String>,
        /// Another model that the id stands for.
        alias_target: Option<Value>,
        /// What goes in and what comes out.
        architecture: Option<Value>,
        /// How it did in public tests.
        benchmarks: Option<Value>,
        /// What its fields are unless a call says otherwise.
        default_parameters: Option<Value>,
        /// The day on which it ends.
        expiration_date: Option<String>,
        /// Its id at Hugging Face.
        hugging_face_id: Option<String>,
        /// The day up to which it knows the world.
        knowledge_cutoff: Option<String>,
        /// Where more is told of it.
        links: Option<Value>,
        /// The most that one call may have.
        per_request_limits: Option<Value>,
        /// How it thinks.
        reasoning: Option<Value>,
        /// The voices that it speaks with.
        supported_voices: Option<Vec<String>>,
        /// What its first provider offers.
        top_provider: Option<Value>,
    }
}
