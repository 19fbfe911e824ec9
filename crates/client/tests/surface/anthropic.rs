//! Anthropic's messages, counting of tokens and models.

use tidegate_client::anthropic as a;

use crate::table::{Ours, tagged};

#[test]
fn every_operation_field_and_kind_has_its_place() {
    let requests = Ours::default()
        .stream::<a::Messages>()
        .operation::<a::CountTokens>()
        .operation::<a::ListModels>()
        .operation::<a::GetModel>();
    let blocks = requests
        .schema("Message", a::Message::FIELDS)
        .schema("TextBlock", &tagged(a::TextBlock::FIELDS))
        .schema("ImageBlock", &tagged(a::ImageBlock::FIELDS))
        .schema("DocumentBlock", &tagged(a::DocumentBlock::FIELDS))
        .schema("ThinkingBlock", &tagged(a::ThinkingBlock::FIELDS))
        .schema("RedactedThinkingBlock", &tagged(a::RedactedThinkingBlock::FIELDS))
        .schema("ToolUseBlock", &tagged(a::ToolUseBlock::FIELDS))
        .schema("ToolResultBlock", &tagged(a::ToolResultBlock::FIELDS))
        .schema("Thinking", a::Thinking::FIELDS)
        .schema("Tool", a::Tool::FIELDS);
    blocks
        .schema("MessageAnswer", a::MessageAnswer::FIELDS)
        .schema("MessageUsage", a::MessageUsage::FIELDS)
        .schema("MessageChange", a::MessageChange::FIELDS)
        .schema("CitationsDelta", &tagged(a::CitationsDelta::FIELDS))
        .schema("TokenCount", a::TokenCount::FIELDS)
        .schema("Model", a::Model::FIELDS)
        .schema("ModelPage", a::ModelPage::FIELDS)
        .kinds("Block", a::Block::KINDS)
        .kinds("BlockDelta", a::BlockDelta::KINDS)
        .kinds("StreamEvent", a::StreamEvent::KINDS)
        .kinds("Role", a::Role::WORDS)
        .must_be(include_str!("anthropic.txt"));
}
