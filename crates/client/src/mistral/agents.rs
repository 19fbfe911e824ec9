//! Agents: models with instructions and tools, stored under a name, in versions that aliases point to.

use serde_json::{Map, Value};

use super::tools::tools_are_whole;
use super::{CompletionArgs, Guardrail, Tool, section};
use crate::shape::{request, shape, words};
use crate::{Call, RequestError, Version};

section! {
    /// The agents: models with instructions and tools, stored under a name.
    Agents
}

impl<M> Agents<'_, M> {
    /// Makes an agent.
    pub fn create(&self, model: &str, name: &str) -> Call<CreateAgent, M> {
        self.0.call(&[], CreateAgent::new(model.to_owned(), name.to_owned()))
    }

    /// The agents, by when they were made. Mistral advises [`pages`](Self::pages) instead.
    pub fn list(&self) -> Call<ListAgents, M> {
        self.0.call(&[], ListAgents::new())
    }

    /// A page of the agents that the caller may see.
    pub fn pages(&self) -> Call<ListAgentPages, M> {
        self.0.call(&[], ListAgentPages::new())
    }

    /// One agent.
    pub fn get(&self, agent_id: &str) -> Call<GetAgent, M> {
        self.0.call(&[agent_id], GetAgent::new())
    }

    /// Changes an agent, which gets a new version.
    pub fn update(&self, agent_id: &str) -> Call<UpdateAgent, M> {
        self.0.call(&[agent_id], UpdateAgent::new())
    }

    /// Deletes an agent.
    pub fn delete(&self, agent_id: &str) -> Call<DeleteAgent, M> {
        self.0.call(&[agent_id], DeleteAgent::new())
    }

    /// Makes another version the active one.
    pub fn switch_version(&self, agent_id: &str, version: u64) -> Call<SwitchVersion, M> {
        self.0.call(&[agent_id], SwitchVersion::new(version))
    }

    /// The versions of an agent.
    pub fn versions(&self, agent_id: &str) -> Call<ListVersions, M> {
        self.0.call(&[agent_id], ListVersions::new())
    }

    /// One version of an agent.
    pub fn version(&self, agent_id: &str, version: u64) -> Call<GetAgentVersion, M> {
        self.0.call(&[agent_id, &version.to_string()], GetAgentVersion::new())
    }

    /// Makes an alias point to a version.
    pub fn set_alias(&self, agent_id: &str, alias: &str, version: u64) -> Call<SetAlias, M> {
        self.0.call(&[agent_id], SetAlias::new(alias.to_owned(), version))
    }

    /// The aliases of an agent.
    pub fn aliases(&self, agent_id: &str) -> Call<ListAliases, M> {
        self.0.call(&[agent_id], ListAliases::new())
    }

    /// Deletes an alias.
    pub fn delete_alias(&self, agent_id: &str, alias: &str) -> Call<DeleteAlias, M> {
        self.0.call(&[agent_id], DeleteAlias::new(alias.to_owned()))
    }
}

request! {
    /// Makes an agent.
    CreateAgent = "POST /v1/agents", Body, MakeAgent, Agent;
    check check_create;
    required {
        /// The model.
        model: String,
        /// The agent's name.
        name: String,
    }
    optional {
        /// What the model is told before anything else.
        instructions: String,
        /// The tools that the model may use.
        tools: Vec<Tool>,
        /// How the model is to answer.
        completion_args: CompletionArgs,
        /// What is judged before and after the model speaks.
        guardrails: Vec<Guardrail>,
        /// What the agent is for.
        description: String,
        /// The agents that it may hand over to.
        handoffs: Vec<String>,
        /// The caller's own notes.
        metadata: Map<String, Value>,
        /// What is new in this version.
        version_message: String,
    }
}

fn check_create(create: &CreateAgent) -> Result<(), RequestError> {
    for (field, text) in [("model", &create.model), ("name", &create.name)] {
        if text.trim().is_empty() {
            return Err(RequestError::Empty { field });
        }
    }
    tools_are_whole(create.tools.as_deref())
}

request! {
    /// Lists agents.
    ListAgents = "GET /v1/agents", Query, Manage, Vec<Agent>;
    required {}
    optional {
        /// Which page, from 0.
        page = u64,
        /// How many a page, 1 to 1000; 20 unless this says otherwise.
        page_size = u64,
        /// Only those that are, or are not, deployed in chats.
        deployment_chat = bool,
        /// Only those made in these places: the words of [`AgentSource`].
        sources: Vec<String>,
        /// Only those of this name.
        name: String,
        /// Only those that these words are found in.
        search: String,
        /// Only the one of this id.
        id: String,
        /// Only those with these notes.
        metadata: Map<String, Value>,
    }
}

request! {
    /// Lists agents page by page.
    ListAgentPages = "GET /v1/agents/pages", Query, Manage, AgentPage;
    required {}
    optional {
        /// How many a page, 1 to 1000; 20 unless this says otherwise.
        page_size = u64,
        /// Only those that are, or are not, deployed in chats.
        deployment_chat = bool,
        /// Only those made in these places: the words of [`AgentSource`].
        sources: Vec<String>,
        /// Only those of this name.
        name: String,
        /// Only those that these words are found in.
        search: String,
        /// Only the one of this id.
        id: String,
        /// Only those with these notes.
        metadata: Map<String, Value>,
        /// Which page: as the page before says.
        page_token: String,
    }
}

request! {
    /// Reads one agent.
    GetAgent = "GET /v1/agents/{agent_id}", Query, Manage, Agent;
    required {}
    optional {
        /// The version, or an alias of one; the active one unless this says otherwise.
        agent_version: Version,
    }
}

request! {
    /// Changes an agent.
    UpdateAgent = "PATCH /v1/agents/{agent_id}", Body, Manage, Agent;
    check check_update;
    required {}
    optional {
        /// The model.
        model: String,
        /// The agent's name.
        name: String,
        /// What the model is told before anything else.
        instructions: String,
        /// The tools that the model may use.
        tools: Vec<Tool>,
        /// How the model is to answer.
        completion_args: CompletionArgs,
        /// What is judged before and after the model speaks.
        guardrails: Vec<Guardrail>,
        /// What the agent is for.
        description: String,
        /// The agents that it may hand over to.
        handoffs: Vec<String>,
        /// Whether it is deployed in chats.
        deployment_chat = bool,
        /// The caller's own notes.
        metadata: Map<String, Value>,
        /// What is new in this version.
        version_message: String,
    }
}

fn check_update(update: &UpdateAgent) -> Result<(), RequestError> {
    for (field, text) in [("model", &update.model), ("name", &update.name)] {
        if text.as_ref().is_some_and(|text| text.trim().is_empty()) {
            return Err(RequestError::Empty { field });
        }
    }
    tools_are_whole(update.tools.as_deref())
}

request! {
    /// Deletes an agent.
    DeleteAgent = "DELETE /v1/agents/{agent_id}", Query, Manage, ();
    required {}
    optional {}
}

request! {
    /// Makes another version the active one.
    SwitchVersion = "PATCH /v1/agents/{agent_id}/version", Query, Manage, Agent;
    required {
        /// The version.
        version: u64,
    }
    optional {}
}

request! {
    /// Lists the versions of an agent.
    ListVersions = "GET /v1/agents/{agent_id}/versions", Query, Manage, Vec<Agent>;
    required {}
    optional {
        /// Which page, from 0.
        page = u64,
        /// How many a page, 1 to 100; 20 unless this says otherwise.
        page_size = u64,
    }
}

request! {
    /// Reads one version of an agent.
    GetAgentVersion = "GET /v1/agents/{agent_id}/versions/{version}", Query, Manage, Agent;
    required {}
    optional {}
}

request! {
    /// Makes an alias point to a version.
    SetAlias = "PUT /v1/agents/{agent_id}/aliases", Query, Manage, AgentAlias;
    check check_alias;
    required {
        /// The alias, at most 64 characters.
        alias: String,
        /// The version.
        version: u64,
    }
    optional {}
}

fn check_alias(set: &SetAlias) -> Result<(), RequestError> {
    match set.alias.chars().count() {
        _ if set.alias.trim().is_empty() => Err(RequestError::Empty { field: "alias" }),
        0..=64 => Ok(()),
        _ => {
            Err(RequestError::Invalid { field: "alias", problem: "is longer than 64 characters; shorten it" })
        }
    }
}

request! {
    /// Lists the aliases of an agent.
    ListAliases = "GET /v1/agents/{agent_id}/aliases", Query, Manage, Vec<AgentAlias>;
    required {}
    optional {}
}

request! {
    /// Deletes an alias.
    DeleteAlias = "DELETE /v1/agents/{agent_id}/aliases", Query, Manage, ();
    check check_deletion;
    required {
        /// The alias.
        alias: String,
    }
    optional {}
}

fn check_deletion(delete: &DeleteAlias) -> Result<(), RequestError> {
    if delete.alias.trim().is_empty() { Err(RequestError::Empty { field: "alias" }) } else { Ok(()) }
}

shape! {
    /// An agent, in one of its versions.
    pub struct Agent {
        /// `agent`.
        object: Option<String>,
        /// Its id.
        id: String,
        /// This version.
        version: u64,
        /// All versions.
        #[serde(default)]
        versions: Vec<u64>,
        /// When it was made.
        created_at: String,
        /// When it last changed.
        updated_at: String,
        /// Whether it is deployed in chats.
        #[serde(default)]
        deployment_chat: bool,
        /// Where it was made.
        source: Option<AgentSource>,
        /// What is new in this version.
        version_message: Option<String>,
        /// The model.
        model: String,
        /// Its name.
        name: String,
        /// What it is for.
        description: Option<String>,
        /// What the model is told before anything else.
        instructions: Option<String>,
        /// The tools that the model may use.
        tools: Option<Vec<Tool>>,
        /// How the model is to answer.
        completion_args: Option<CompletionArgs>,
        /// What is judged before and after the model speaks.
        guardrails: Option<Vec<Guardrail>>,
        /// The agents that it may hand over to.
        handoffs: Option<Vec<String>>,
        /// The caller's own notes.
        metadata: Option<Map<String, Value>>,
    }
}

shape! {
    /// A page of agents.
    pub struct AgentPage {
        /// `list`.
        object: Option<String>,
        /// The agents.
        data: Vec<Agent>,
        /// What to ask the next page with; `None` on the last one.
        next_page_token: Option<String>,
    }
}

shape! {
    /// An alias of a version.
    pub struct AgentAlias {
        /// The alias.
        alias: String,
        /// The version that it points to.
        version: u64,
        /// When it was made.
        created_at: String,
        /// When it last changed.
        updated_at: String,
    }
}

words! {
    /// Where an agent was made.
    pub enum AgentSource {
        /// Through the API.
        Api = "api",
        /// In the playground.
        Playground = "playground",
        /// In the builder of agents.
        AgentBuilder = "agent_builder_v1",
    }
}
