//! Conversations as they are stored: listed, read, deleted.

use serde_json::{Map, Value};

use super::{CompletionArgs, Entry, Guardrail, Tool};
use crate::Version;
use crate::shape::{request, shape};

request! {
    /// Lists conversations.
    ListConversations = "GET /v1/conversations", Query, Manage, Vec<Conversation>;
    required {}
    optional {
        /// Which page, from 0.
        page = u64,
        /// How many a page; 100 unless this says otherwise.
        page_size = u64,
        /// Only those with these notes.
        metadata: Map<String, Value>,
    }
}

request! {
    /// Reads one conversation.
    GetConversation = "GET /v1/conversations/{conversation_id}", Query, Manage, Conversation;
    required {}
    optional {}
}

request! {
    /// Deletes a conversation.
    DeleteConversation = "DELETE /v1/conversations/{conversation_id}", Query, Manage, ();
    required {}
    optional {}
}

request! {
    /// Reads every entry of a conversation.
    GetHistory = "GET /v1/conversations/{conversation_id}/history", Query, Manage, ConversationHistory;
    required {}
    optional {}
}

request! {
    /// Reads the messages of a conversation.
    GetMessages = "GET /v1/conversations/{conversation_id}/messages", Query, Manage, ConversationMessages;
    required {}
    optional {}
}

shape! {
    /// A conversation as it is stored: with a model, or with an agent.
    pub struct Conversation {
        /// `conversation`.
        object: Option<String>,
        /// Its id.
        id: String,
        /// When it was made.
        created_at: String,
        /// When it last changed.
        updated_at: String,
        /// Its name.
        name: Option<String>,
        /// What it is about.
        description: Option<String>,
        /// The caller's own notes.
        metadata: Option<Map<String, Value>>,
        /// The model, where it has one of its own.
        model: Option<String>,
        /// What the model is told before anything else.
        instructions: Option<String>,
        /// The tools that the model may use.
        tools: Option<Vec<Tool>>,
        /// How the model is to answer.
        completion_args: Option<CompletionArgs>,
        /// What is judged before and after the model speaks.
        guardrails: Option<Vec<Guardrail>>,
        /// The agent, where it is with one.
        agent_id: Option<String>,
        /// The agent's version, or an alias of one.
        agent_version: Option<Version>,
    }
}

shape! {
    /// Every entry of a conversation.
    pub struct ConversationHistory {
        /// `conversation.history`.
        object: Option<String>,
        /// The conversation.
        conversation_id: String,
        /// The entries, in the order in which they came.
        entries: Vec<Entry>,
    }
}

shape! {
    /// The messages of a conversation.
    pub struct ConversationMessages {
        /// `conversation.messages`.
        object: Option<String>,
        /// The conversation.
        conversation_id: String,
        /// The messages, in the order in which they came.
        messages: Vec<Entry>,
    }
}
