//! Every operation and field of Mistral's public API has its place in the client: held against a table of it.

use std::collections::{BTreeMap, BTreeSet};

use tidegate_client::mistral::{self as m, Chunk, ConversationEvent, Entry, Tool};
use tidegate_client::{Operation, Place, Streams};

const TABLE: &str = include_str!("mistral.txt");

type Names = BTreeSet<&'static str>;

/// An operation of the client.
struct Ours {
    place: Place,
    fields: Names,
    streams: bool,
}

/// Ours by route.
#[derive(Default)]
struct Operations(BTreeMap<&'static str, Ours>);

impl Operations {
    fn add<O: Operation>(mut self) -> Self {
        let ours = Ours { place: O::PLACE, fields: O::FIELDS.iter().copied().collect(), streams: false };
        assert!(self.0.insert(O::ROUTE, ours).is_none(), "{} twice", O::ROUTE);
        self
    }

    fn streams<O: Streams>(self) -> Self {
        let mut with = self.add::<O>();
        with.0.get_mut(O::ROUTE).unwrap().streams = true;
        with
    }
}

fn operations() -> BTreeMap<&'static str, Ours> {
    let talks = Operations::default()
        .streams::<m::StartConversation>()
        .streams::<m::AppendConversation>()
        .streams::<m::RestartConversation>()
        .add::<m::ListConversations>()
        .add::<m::GetConversation>()
        .add::<m::GetHistory>()
        .add::<m::GetMessages>()
        .add::<m::DeleteConversation>();
    let agents = talks
        .add::<m::CreateAgent>()
        .add::<m::ListAgents>()
        .add::<m::ListAgentPages>()
        .add::<m::GetAgent>()
        .add::<m::UpdateAgent>()
        .add::<m::DeleteAgent>()
        .add::<m::SwitchVersion>()
        .add::<m::ListVersions>()
        .add::<m::GetAgentVersion>()
        .add::<m::SetAlias>()
        .add::<m::ListAliases>()
        .add::<m::DeleteAlias>();
    let models = agents
        .streams::<m::Chat>()
        .streams::<m::AgentChat>()
        .streams::<m::Complete>()
        .add::<m::Embed>()
        .add::<m::Moderation>()
        .add::<m::ChatModeration>()
        .add::<m::Classification>()
        .add::<m::ChatClassification>()
        .add::<m::ListModels>()
        .add::<m::GetModel>()
        .add::<m::DeleteModel>();
    let jobs = models
        .add::<m::CreateJob>()
        .add::<m::ListJobs>()
        .add::<m::GetJob>()
        .add::<m::CancelJob>()
        .add::<m::DeleteJob>();
    jobs.0
}

/// The fields of our type for a schema; a tag that its enum carries is added.
fn fields_of(schema: &str) -> Option<Names> {
    let tagged = |fields: &[&'static str]| fields.iter().copied().chain(["type"]).collect();
    let plain = |fields: &[&'static str]| fields.iter().copied().collect();
    Some(match schema {
        "ConversationResponse" => plain(m::ConversationAnswer::FIELDS),
        "ConversationUsageInfo" => plain(m::ConversationUsage::FIELDS),
        "ModelConversation" | "AgentConversation" => plain(m::Conversation::FIELDS),
        "ConversationHistory" => plain(m::ConversationHistory::FIELDS),
        "ConversationMessages" => plain(m::ConversationMessages::FIELDS),
        "CompletionArgs" => plain(m::CompletionArgs::FIELDS),
        "ResponseStartedEvent" => tagged(m::ResponseStarted::FIELDS),
        "ResponseDoneEvent" => tagged(m::ResponseDone::FIELDS),
        "ResponseErrorEvent" => tagged(m::ResponseFailed::FIELDS),
        "MessageOutputEvent" => tagged(m::MessageDelta::FIELDS),
        "FunctionCallEvent" => tagged(m::FunctionCallDelta::FIELDS),
        "AgentHandoffStartedEvent" => tagged(m::HandoffStarted::FIELDS),
        "AgentHandoffDoneEvent" => tagged(m::HandoffDone::FIELDS),
        "ToolExecutionStartedEvent" => tagged(m::ToolStarted::FIELDS),
        "ToolExecutionDeltaEvent" => tagged(m::ToolDelta::FIELDS),
        "ToolExecutionDoneEvent" => tagged(m::ToolDone::FIELDS),
        "MessageInputEntry" => tagged(m::MessageInputEntry::FIELDS),
        "MessageOutputEntry" => tagged(m::MessageOutputEntry::FIELDS),
        "FunctionCallEntry" => tagged(m::FunctionCallEntry::FIELDS),
        "FunctionResultEntry" => tagged(m::FunctionResultEntry::FIELDS),
        "ToolExecutionEntry" => tagged(m::ToolExecutionEntry::FIELDS),
        "AgentHandoffEntry" => tagged(m::HandoffEntry::FIELDS),
        "TextChunk" => tagged(m::TextChunk::FIELDS),
        "ImageURLChunk" => tagged(m::ImageUrlChunk::FIELDS),
        "DocumentURLChunk" => tagged(m::DocumentUrlChunk::FIELDS),
        "ThinkChunk" => tagged(m::ThinkChunk::FIELDS),
        "ToolFileChunk" => tagged(m::ToolFileChunk::FIELDS),
        "ToolReferenceChunk" => tagged(m::ToolReferenceChunk::FIELDS),
        "FunctionTool" => tagged(m::FunctionTool::FIELDS),
        "Function" => plain(m::Function::FIELDS),
        "WebSearchTool" => tagged(m::WebSearchTool::FIELDS),
        "WebSearchPremiumTool" => tagged(m::WebSearchPremiumTool::FIELDS),
        "CodeInterpreterTool" => tagged(m::CodeInterpreterTool::FIELDS),
        "ImageGenerationTool" => tagged(m::ImageGenerationTool::FIELDS),
        "DocumentLibraryTool" => tagged(m::DocumentLibraryTool::FIELDS),
        "CustomConnector" => tagged(m::ConnectorTool::FIELDS),
        "ToolConfiguration" => plain(m::ToolConfiguration::FIELDS),
        "ToolCallConfirmation" => plain(m::ToolConfirmation::FIELDS),
        "GuardrailConfig" => plain(m::Guardrail::FIELDS),
        "Prediction" => plain(m::Prediction::FIELDS),
        "ResponseFormat" => plain(m::ResponseFormat::FIELDS),
        _ => return fields_of_answers(schema),
    })
}

fn fields_of_answers(schema: &str) -> Option<Names> {
    let plain = |fields: &[&'static str]| fields.iter().copied().collect();
    Some(match schema {
        "Agent" => plain(m::Agent::FIELDS),
        "AgentListPage" => plain(m::AgentPage::FIELDS),
        "AgentAliasResponse" => plain(m::AgentAlias::FIELDS),
        "UsageInfo" => plain(m::ChatUsage::FIELDS),
        "ChatCompletionChoice" => plain(m::ChatChoice::FIELDS),
        "CompletionChunk" => plain(m::ChatChunk::FIELDS),
        "CompletionResponseStreamChoice" => plain(m::ChatChunkChoice::FIELDS),
        "DeltaMessage" => plain(m::Delta::FIELDS),
        "ModelList" => plain(m::ModelList::FIELDS),
        "BaseModelCard" => plain(m::Model::FIELDS),
        "ModelCapabilities" => plain(m::Capabilities::FIELDS),
        "BatchRequest" => plain(m::BatchRequest::FIELDS),
        "BatchJob" => plain(m::BatchJob::FIELDS),
        "BatchError" => plain(m::BatchError::FIELDS),
        "ListBatchJobsResponse" => plain(m::BatchJobPage::FIELDS),
        "ModerationResponse" => plain(m::ModerationAnswer::FIELDS),
        "ModerationObject" => plain(m::ModerationVerdict::FIELDS),
        "ClassificationResponse" => plain(m::ClassificationAnswer::FIELDS),
        "ClassificationTargetResult" => plain(m::ClassificationScores::FIELDS),
        "ChatCompletionResponse" | "FIMCompletionResponse" => plain(m::ChatAnswer::FIELDS),
        "EmbeddingResponse" => plain(m::EmbeddingAnswer::FIELDS),
        "EmbeddingResponseData" => plain(m::Embedding::FIELDS),
        "FTModelCard" => plain(m::Model::FIELDS),
        "DeleteModelResponse" | "DeleteBatchJobResponse" => plain(m::Deleted::FIELDS),
        _ => return fields_of_parts(schema),
    })
}

/// What messages, tools and guardrails are made of.
fn fields_of_parts(schema: &str) -> Option<Names> {
    let tagged = |fields: &[&'static str]| fields.iter().copied().chain(["type"]).collect();
    let plain = |fields: &[&'static str]| fields.iter().copied().collect();
    Some(match schema {
        "SystemMessage" | "UserMessage" | "AssistantMessage" | "ToolMessage" => plain(m::Message::FIELDS),
        "ToolCall" => plain(m::ToolCall::FIELDS),
        "FunctionCall" => plain(m::ToolCallFunction::FIELDS),
        "Tool" => tagged(m::FunctionTool::FIELDS),
        "ToolChoice" => plain(m::NamedTool::FIELDS),
        "FunctionName" => plain(m::FunctionName::FIELDS),
        "JsonSchema" => plain(m::JsonSchema::FIELDS),
        "ReferenceChunk" => tagged(m::ReferenceChunk::FIELDS),
        "FileChunk" => tagged(m::FileChunk::FIELDS),
        "AudioChunk" => tagged(m::AudioChunk::FIELDS),
        "ImageURL" => plain(m::ImageUrl::FIELDS),
        "OAuth2TokenAuth" | "APIKeyAuth" => tagged(m::ConnectorSecret::FIELDS),
        "InstructRequest" => plain(m::Instruct::FIELDS),
        "ModerationLLMV1Config" | "ModerationLLMV2Config" => plain(m::GuardrailJudge::FIELDS),
        "ModerationLLMV1CategoryThresholds" | "ModerationLLMV2CategoryThresholds" => {
            plain(m::GuardrailThresholds::FIELDS)
        }
        _ => return None,
    })
}

fn words_of(list: &str) -> &'static [&'static str] {
    match list {
        "ToolChoiceEnum" => m::ToolChoice::WORDS,
        "ReasoningEffort" => m::ReasoningEffort::WORDS,
        "BatchJobStatus" => m::BatchStatus::WORDS,
        "RequestedServiceTier" => m::ServiceTier::WORDS,
        "MistralPromptMode" => m::PromptMode::WORDS,
        "SSETypes" => ConversationEvent::KINDS,
        "ResponseFormats" => m::ResponseFormatKind::WORDS,
        "ImageDetail" => m::ImageDetail::WORDS,
        "ModerationLLMAction" => m::GuardrailAction::WORDS,
        "BuiltInConnectors" => m::BuiltInTool::WORDS,
        "CustomConnector.authorization.type" => m::ConnectorAuthorization::KINDS,
        "RequestSource" => m::AgentSource::WORDS,
        "EmbeddingDtype" => m::EmbeddingDtype::WORDS,
        "EncodingFormat" => m::EncodingFormat::WORDS,
        "ApiEndpoint" => m::BatchEndpoint::WORDS,
        "ConversationRequestBase.handoff_execution" => m::HandoffExecution::WORDS,
        "ToolCallConfirmation.confirmation" => m::Confirmation::WORDS,
        "FunctionCallEntry.confirmation_status" => m::ConfirmationStatus::WORDS,
        "ChatCompletionChoice.finish_reason" => m::FinishReason::WORDS,
        "GET/v1/batch/jobs.order_by" => m::JobOrder::WORDS,
        "Message.role" => m::Role::WORDS,
        "Tool.type" => Tool::KINDS,
        "Entry.type" => Entry::KINDS,
        "Chunk.type" => Chunk::KINDS,
        other => panic!("no words for {other}"),
    }
}

/// The lines of the table of one kind, as words.
fn lines(kind: &str) -> Vec<Vec<&'static str>> {
    let words = TABLE.lines().map(|line| line.split(' ').collect::<Vec<_>>());
    words.filter(|words| words[0] == kind).map(|words| words[1..].to_vec()).collect()
}

fn schema(name: &str) -> Names {
    let found = lines("schema").into_iter().find(|words| words[0] == name);
    found.unwrap_or_else(|| panic!("the table has no {name}"))[1..].iter().copied().collect()
}

#[test]
fn every_operation_has_its_type_with_every_field_in_its_place() {
    let ours = operations();
    let mut met = BTreeSet::new();
    for words in lines("typed").into_iter().chain(lines("stream")) {
        let route = format!("{} {}", words[0], words[1]);
        let operation = ours.get(route.as_str()).unwrap_or_else(|| panic!("no type for {route}"));
        met.insert(route.clone());
        let body = words[2].strip_prefix("body=").unwrap();
        let query = words[3].strip_prefix("query=").unwrap();
        let mut fields = match (body, query) {
            ("-", "-") => Names::new(),
            ("-", query) => query.split(',').collect(),
            (body, _) => schema(body),
        };
        // `send` and `stream` say which of the two it is.
        if fields.remove("stream") {
            assert!(operation.streams, "{route} cannot be streamed");
        }
        assert_eq!(operation.fields, fields, "{route}");
        let place = if body == "-" { Place::Query } else { Place::Body };
        assert!(fields.is_empty() || operation.place == place, "{route} has its fields in the wrong place");
    }
    let unknown: Vec<_> = ours.keys().filter(|route| !met.contains(**route)).collect();
    assert!(unknown.is_empty(), "not in the description: {unknown:?}");
    assert!(lines("stream").iter().all(|words| ours[format!("{} {}", words[0], words[1]).as_str()].streams));
}

#[test]
fn every_schema_has_its_type_with_every_field() {
    let bodies: Names = lines("typed").iter().filter_map(|words| words[2].strip_prefix("body=")).collect();
    for words in lines("schema") {
        if bodies.contains(words[0]) {
            continue;
        }
        let ours = fields_of(words[0]).unwrap_or_else(|| panic!("no type for {}", words[0]));
        let missing: Vec<_> = words[1..].iter().filter(|field| !ours.contains(**field)).collect();
        assert!(missing.is_empty(), "{} lacks {missing:?}", words[0]);
    }
}

#[test]
fn every_word_is_known() {
    for words in lines("words") {
        assert_eq!(
            words_of(words[0]).iter().collect::<BTreeSet<_>>(),
            words[1..].iter().collect(),
            "{}",
            words[0]
        );
    }
}

#[test]
fn the_table_is_whole() {
    assert_eq!((lines("typed").len(), lines("stream").len(), lines("generic").len()), (36, 6, 14));
    assert_eq!((lines("schema").len(), lines("words").len()), (102, 24));
}
