//! Mistral: conversations, agents, chat, completion, embeddings, judgements, models and batch jobs.
//!
//! Fields and operations are those of Mistral's public OpenAPI description (of 2026-08-21); a test holds them against
//! a table of it.

mod agents;
mod arguments;
mod chat;
mod chunks;
mod complete;
mod conversations;
mod embeddings;
mod entries;
mod events;
mod jobs;
mod judge;
mod models;
mod stored;
mod tools;

pub use agents::{
    Agent, AgentAlias, AgentPage, AgentSource, Agents, CreateAgent, DeleteAgent, DeleteAlias, GetAgent,
    GetAgentVersion, ListAgentPages, ListAgents, ListAliases, ListVersions, SetAlias, SwitchVersion,
    UpdateAgent,
};
pub use arguments::{
    CompletionArgs, FunctionName, HandoffExecution, JsonSchema, NamedTool, Prediction, PromptMode,
    ReasoningEffort, ResponseFormat, ResponseFormatKind, ServiceTier, ToolChoice,
};
pub use chat::{
    AgentChat, Chat, ChatAnswer, ChatChoice, ChatChunk, ChatChunkChoice, ChatUsage, Delta, FinishReason,
    Message, Role, ToolCall, ToolCallFunction,
};
pub use chunks::{
    AudioChunk, Chunk, Content, DocumentUrlChunk, FileChunk, ImageDetail, ImageSource, ImageUrl,
    ImageUrlChunk, ReferenceChunk, TextChunk, ThinkChunk, ToolFileChunk, ToolReferenceChunk,
};
pub use complete::Complete;
pub use conversations::{
    AppendConversation, ConversationAnswer, ConversationUsage, Conversations, RestartConversation,
    StartConversation,
};
pub use embeddings::{Embed, Embedding, EmbeddingAnswer, EmbeddingDtype, EncodingFormat};
pub use entries::{
    Entry, FunctionCallEntry, FunctionResultEntry, HandoffEntry, Inputs, MessageInputEntry,
    MessageOutputEntry, ToolExecutionEntry,
};
pub use events::{
    ConversationEvent, FunctionCallDelta, HandoffDone, HandoffStarted, MessageDelta, ResponseDone,
    ResponseFailed, ResponseStarted, ToolDelta, ToolDone, ToolStarted,
};
pub use jobs::{
    BatchEndpoint, BatchError, BatchJob, BatchJobPage, BatchRequest, BatchStatus, CancelJob, CreateJob,
    DeleteJob, GetJob, JobOrder, Jobs, ListJobs,
};
pub use judge::{
    ChatClassification, ChatModeration, Classification, ClassificationAnswer, ClassificationScores, Instruct,
    JudgedChats, Moderation, ModerationAnswer, ModerationVerdict,
};
pub use models::{Capabilities, DeleteModel, Deleted, GetModel, ListModels, Model, ModelList, Models};
pub use stored::{
    Conversation, ConversationHistory, ConversationMessages, DeleteConversation, GetConversation, GetHistory,
    GetMessages, ListConversations,
};
pub use tools::{
    BuiltInTool, CodeInterpreterTool, Confirmation, ConfirmationStatus, ConnectorAuthorization,
    ConnectorSecret, ConnectorTool, DocumentLibraryTool, Function, FunctionTool, Guardrail, GuardrailAction,
    GuardrailJudge, GuardrailThresholds, ImageGenerationTool, Secret, Tool, ToolConfiguration,
    ToolConfirmation, WebSearchPremiumTool, WebSearchTool,
};

crate::api::client! {
    /// The client of Mistral.
    "mistral"
}

impl<M> Client<M> {
    /// The conversations: histories that live on the server.
    #[must_use]
    pub const fn conversations(&self) -> Conversations<'_, M> {
        Conversations::new(self)
    }

    /// The agents: models with instructions and tools, stored under a name.
    #[must_use]
    pub const fn agents(&self) -> Agents<'_, M> {
        Agents::new(self)
    }

    /// The same conversations and agents, under the name by which Mistral's own SDK has them.
    #[must_use]
    pub const fn beta(&self) -> Beta<'_, M> {
        Beta(self)
    }

    /// The models.
    #[must_use]
    pub const fn models(&self) -> Models<'_, M> {
        Models::new(self)
    }

    /// The batch jobs: cheaper, and outside of the limits.
    #[must_use]
    pub const fn jobs(&self) -> Jobs<'_, M> {
        Jobs::new(self)
    }
}

/// What Mistral's own SDK has under `beta`.
#[derive(Clone, Copy, Debug)]
pub struct Beta<'client, M>(&'client Client<M>);

impl<'client, M> Beta<'client, M> {
    /// The conversations.
    #[must_use]
    pub const fn conversations(&self) -> Conversations<'client, M> {
        Conversations::new(self.0)
    }

    /// The agents.
    #[must_use]
    pub const fn agents(&self) -> Agents<'client, M> {
        Agents::new(self.0)
    }
}

/// A part of the client that stands for one kind of thing.
macro_rules! section {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<'client, M>(&'client super::Client<M>);

        impl<'client, M> $name<'client, M> {
            pub(super) const fn new(client: &'client super::Client<M>) -> Self {
                Self(client)
            }
        }
    };
}

use section;
