//! OpenRouter's chat, key, credits and models; messages and answers are OpenAI's.

use tidegate_client::{openai as o, openrouter as r};

use crate::table::Ours;

#[test]
fn every_operation_and_field_has_its_place() {
    Ours::default()
        .stream::<r::Chat>()
        .operation::<r::GetKey>()
        .operation::<r::GetCredits>()
        .operation::<r::ListModels>()
        .schema("ProviderOrder", r::ProviderOrder::FIELDS)
        .schema("Reasoning", r::Reasoning::FIELDS)
        .schema("Key", r::Key::FIELDS)
        .schema("Model", r::Model::FIELDS)
        .schema("Message", o::Message::FIELDS)
        .schema("Delta", o::Delta::FIELDS)
        .schema("ChatUsage", o::ChatUsage::FIELDS)
        .must_be(include_str!("openrouter.txt"));
}
