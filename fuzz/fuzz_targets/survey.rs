//! JSON is surveyed alike in parts of any length, and an object of Kubernetes in it is never called data.
#![no_main]

use libfuzzer_sys::fuzz_target;
use proofmark_refs::{JsonSurvey, ScanLimits};
use serde_json::{Deserializer, Value};

fn is_data(bytes: &[u8], length: usize) -> bool {
    let mut survey = JsonSurvey::new(&ScanLimits::default());
    bytes.chunks(length).all(|part| survey.feed(part)) && survey.finish()
}

fn is_object(value: &Value) -> bool {
    match value {
        Value::Object(fields) => {
            let text = |key: &str| fields.get(key).is_some_and(Value::is_string);
            text("apiVersion") && text("kind") || fields.values().any(is_object)
        }
        Value::Array(items) => items.iter().any(is_object),
        _ => false,
    }
}

fuzz_target!(|bytes: &[u8]| {
    let data = is_data(bytes, usize::MAX);
    assert_eq!(is_data(bytes, 1), data);
    assert_eq!(is_data(bytes, 5), data);
    if data {
        let mut values = Deserializer::from_slice(bytes).into_iter::<Value>().map_while(Result::ok);
        assert!(!values.any(|value| is_object(&value)));
    }
});
