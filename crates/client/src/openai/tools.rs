//! The tools that a model may use, and its calls of them.

use serde_json::Value;

use crate::shape::options;

options! {
    /// A tool that the model may use.
    pub struct Tool {
        /// `function`, or a kind of the host's.
        kind as "type": String,
        /// The function.
        function: Function,
    }
}

impl Tool {
    /// A function of the caller's; `parameters` is a JSON schema.
    #[must_use]
    pub fn of_function(name: &str, description: &str, parameters: Value) -> Self {
        let function = Function::new().name(name).description(description).parameters(parameters);
        Self::new().kind("function").function(function)
    }
}

options! {
    /// A function that the model may ask to be called.
    pub struct Function {
        /// Its name.
        name: String,
        /// What it does, for the model.
        description: String,
        /// The JSON schema of its arguments.
        parameters: Value,
        /// Whether arguments must keep to the schema in every detail.
        strict = bool,
    }
}

options! {
    /// A tool that the model asks to be called.
    pub struct ToolCall {
        /// Its number among the calls of one answer; in streams.
        index = u64,
        /// By which the result names it.
        id: String,
        /// `function`.
        kind as "type": String,
        /// The function and its arguments.
        function: FunctionCall,
    }
}

options! {
    /// A function and its arguments.
    pub struct FunctionCall {
        /// The function.
        name: String,
        /// Its arguments, as the text of a JSON object.
        arguments: String,
    }
}
