//! OpenAI's chat, responses, embeddings and models.

use tidegate_client::openai as o;

use crate::table::{Ours, tagged};

#[test]
fn every_operation_field_and_kind_has_its_place() {
    let requests = Ours::default()
        .stream::<o::Chat>()
        .stream::<o::Respond>()
        .operation::<o::GetResponse>()
        .operation::<o::DeleteResponse>()
        .operation::<o::CancelResponse>()
        .operation::<o::ListInput>()
        .operation::<o::Embed>()
        .operation::<o::ListModels>()
        .operation::<o::GetModel>();
    let parts = requests
        .schema("Message", o::Message::FIELDS)
        .schema("TextPart", &tagged(o::TextPart::FIELDS))
        .schema("ImagePart", &tagged(o::ImagePart::FIELDS))
        .schema("AudioPart", &tagged(o::AudioPart::FIELDS))
        .schema("FilePart", &tagged(o::FilePart::FIELDS))
        .schema("ImageUrl", o::ImageUrl::FIELDS)
        .schema("Tool", o::Tool::FIELDS)
        .schema("Function", o::Function::FIELDS)
        .schema("ToolCall", o::ToolCall::FIELDS)
        .schema("FunctionCall", o::FunctionCall::FIELDS);
    let answers = parts
        .schema("ChatAnswer", o::ChatAnswer::FIELDS)
        .schema("ChatChoice", o::ChatChoice::FIELDS)
        .schema("ChatUsage", o::ChatUsage::FIELDS)
        .schema("ChatChunk", o::ChatChunk::FIELDS)
        .schema("ChatChunkChoice", o::ChatChunkChoice::FIELDS)
        .schema("Delta", o::Delta::FIELDS)
        .schema("Response", o::Response::FIELDS)
        .schema("ResponseUsage", o::ResponseUsage::FIELDS)
        .schema("EmbeddingAnswer", o::EmbeddingAnswer::FIELDS)
        .schema("Embedding", o::Embedding::FIELDS)
        .schema("Model", o::Model::FIELDS);
    answers
        .schema("TextDelta", &tagged(o::TextDelta::FIELDS))
        .schema("TextDone", &tagged(o::TextDone::FIELDS))
        .schema("ItemEvent", &tagged(o::ItemEvent::FIELDS))
        .schema("PartEvent", &tagged(o::PartEvent::FIELDS))
        .schema("RefusalDone", &tagged(o::RefusalDone::FIELDS))
        .schema("ArgumentsDelta", &tagged(o::ArgumentsDelta::FIELDS))
        .schema("ArgumentsDone", &tagged(o::ArgumentsDone::FIELDS))
        .schema("SummaryDelta", &tagged(o::SummaryDelta::FIELDS))
        .schema("SummaryDone", &tagged(o::SummaryDone::FIELDS))
        .schema("AnnotationAdded", &tagged(o::AnnotationAdded::FIELDS))
        .schema("ResponseError", &tagged(o::ResponseError::FIELDS))
        .kinds("Part", o::Part::KINDS)
        .kinds("ResponseEvent", o::ResponseEvent::KINDS)
        .kinds("Role", o::Role::WORDS)
        .must_be(include_str!("openai.txt"));
}
