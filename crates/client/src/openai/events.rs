//! The events of a streamed response: its states, its items piece by piece.

use serde_json::Value;

use super::Response;
use crate::shape::{shape, tagged};

tagged! {
    /// One event of a streamed response. Those of tools of the server come as they are.
    pub enum ResponseEvent by "type" {
        /// It is made.
        Created(ResponseState) = "response.created",
        /// It waits to be made.
        Queued(ResponseState) = "response.queued",
        /// It is being made.
        InProgress(ResponseState) = "response.in_progress",
        /// It is complete.
        Completed(ResponseState) = "response.completed",
        /// It ends before it is complete.
        Incomplete(ResponseState) = "response.incomplete",
        /// It failed. A stream gives that as an error.
        Failed(ResponseState) = "response.failed",
        /// An item begins.
        ItemAdded(ItemEvent) = "response.output_item.added",
        /// An item is complete.
        ItemDone(ItemEvent) = "response.output_item.done",
        /// Text is added.
        TextDelta(TextDelta) = "response.output_text.delta",
        /// A text is complete.
        TextDone(TextDone) = "response.output_text.done",
        /// A part of an item begins.
        PartAdded(PartEvent) = "response.content_part.added",
        /// A part of an item is complete.
        PartDone(PartEvent) = "response.content_part.done",
        /// Why the model does not answer: a piece of it.
        RefusalDelta(TextDelta) = "response.refusal.delta",
        /// Why the model does not answer: all of it.
        RefusalDone(RefusalDone) = "response.refusal.done",
        /// A piece of a function's arguments.
        ArgumentsDelta(ArgumentsDelta) = "response.function_call_arguments.delta",
        /// All of a function's arguments.
        ArgumentsDone(ArgumentsDone) = "response.function_call_arguments.done",
        /// A piece of what the model thinks.
        ReasoningDelta(TextDelta) = "response.reasoning_text.delta",
        /// All of what the model thought.
        ReasoningDone(TextDone) = "response.reasoning_text.done",
        /// A piece of a summary of what the model thinks.
        SummaryDelta(SummaryDelta) = "response.reasoning_summary_text.delta",
        /// All of a summary of what the model thought.
        SummaryDone(SummaryDone) = "response.reasoning_summary_text.done",
        /// Where a text comes from.
        AnnotationAdded(AnnotationAdded) = "response.output_text.annotation.added",
        /// It goes wrong while it is made. A stream gives that as an error.
        Error(ResponseError) = "error",
    }
}

impl ResponseEvent {
    /// The text that it adds, if it adds some.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::TextDelta(event) => Some(&event.delta),
            _ => None,
        }
    }
}

shape! {
    /// The response as it stands.
    pub struct ResponseState {
        /// The response.
        response: Response,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// An item of the output.
    pub struct ItemEvent {
        /// The item.
        item: Value,
        /// Its number.
        output_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// Text is added.
    pub struct TextDelta {
        /// The text.
        delta: String,
        /// How likely its tokens are.
        logprobs: Option<Value>,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The part's number.
        content_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// A text is complete.
    pub struct TextDone {
        /// All of it.
        text: String,
        /// How likely its tokens are.
        logprobs: Option<Value>,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The part's number.
        content_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// A part of an item.
    pub struct PartEvent {
        /// The part.
        part: Value,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The part's number.
        content_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// Why the model does not answer.
    pub struct RefusalDone {
        /// All of it.
        refusal: String,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The part's number.
        content_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// A piece of a function's arguments.
    pub struct ArgumentsDelta {
        /// The piece.
        delta: String,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// All of a function's arguments.
    pub struct ArgumentsDone {
        /// The text of a JSON object.
        arguments: String,
        /// The function.
        name: Option<String>,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// A piece of a summary.
    pub struct SummaryDelta {
        /// The piece.
        delta: String,
        /// The summary's number.
        summary_index: u64,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// A summary.
    pub struct SummaryDone {
        /// All of it.
        text: String,
        /// The summary's number.
        summary_index: u64,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// Where a text comes from.
    pub struct AnnotationAdded {
        /// Where it comes from.
        annotation: Value,
        /// The annotation's number.
        annotation_index: u64,
        /// The item's id.
        item_id: String,
        /// The item's number.
        output_index: u64,
        /// The part's number.
        content_index: u64,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}

shape! {
    /// What goes wrong.
    pub struct ResponseError {
        /// Its code.
        code: Option<String>,
        /// In words.
        message: String,
        /// The field that is wrong.
        param: Option<String>,
        /// The event's number.
        sequence_number: Option<u64>,
    }
}
