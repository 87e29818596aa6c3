//! What Python's standard library would write: the older servers were Python programs, and their clients read its formats.

use serde_json::Value;

/// A number as `repr(float)` writes it: the shortest digits that are this number, with a point, and with an exponent where
/// it is 16 or more, or less than -4.
#[must_use]
pub fn float_repr(number: f64) -> String {
    if number.is_nan() {
        return "nan".to_owned();
    }
    let sign = if number.is_sign_negative() { "-" } else { "" };
    if number.is_infinite() {
        return format!("{sign}inf");
    }
    let shortest = format!("{:e}", number.abs());
    let (mantissa, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let exponent: i32 = exponent.parse().unwrap_or(0);
    if !(-4..16).contains(&exponent) {
        let (first, rest) = digits.split_at(1);
        let point = if rest.is_empty() { "" } else { "." };
        let (exponent_sign, exponent) = (if exponent < 0 { '-' } else { '+' }, exponent.unsigned_abs());
        return format!("{sign}{first}{point}{rest}e{exponent_sign}{exponent:02}");
    }
    let before = usize::try_from(exponent + 1).unwrap_or(0);
    if before == 0 {
        let zeros = usize::try_from(-exponent - 1).unwrap_or(0);
        return format!("{sign}0.{}{digits}", "0".repeat(zeros));
    }
    match digits.split_at_checked(before) {
        Some((whole, "")) => format!("{sign}{whole}.0"),
        Some((whole, part)) => format!("{sign}{whole}.{part}"),
        None => format!("{sign}{digits}{}.0", "0".repeat(before - digits.len())),
    }
}

/// A value as `json.dumps` writes it: a blank after each comma and colon, everything that is not ASCII as `\uXXXX`.
#[must_use]
pub fn json(value: &Value) -> String {
    let mut out = String::new();
    write_json(value, &mut out);
    out
}

fn write_json(value: &Value, out: &mut String) {
    match value {
        Value::Null => out.push_str("null"),
        Value::Bool(true) => out.push_str("true"),
        Value::Bool(false) => out.push_str("false"),
        Value::Number(number) => match number.as_f64() {
            Some(float) if number.is_f64() => out.push_str(&float_repr(float)),
            _ => out.push_str(&number.to_string()),
        },
        Value::String(text) => write_string(text, out),
        Value::Array(values) => {
            out.push('[');
            for (place, value) in values.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_json(value, out);
            }
            out.push(']');
        }
        Value::Object(members) => {
            out.push('{');
            for (place, (key, value)) in members.iter().enumerate() {
                if place > 0 {
                    out.push_str(", ");
                }
                write_string(key, out);
                out.push_str(": ");
                write_json(value, out);
            }
            out.push('}');
        }
    }
}

fn write_string(text: &str, out: &mut String) {
    out.push('"');
    for letter in text.chars() {
        write_letter(letter, out);
    }
    out.push('"');
}

fn write_letter(letter: char, out: &mut String) {
    match letter {
        '"' => out.push_str("\\\""),
        '\\' => out.push_str("\\\\"),
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\u{8}' => out.push_str("\\b"),
        '\u{c}' => out.push_str("\\f"),
        ' '..='~' => out.push(letter),
        _ => {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
}

/// How many bytes of the text's beginning have at most that many bytes as JSON, the quotes not counted.
#[must_use]
pub fn json_prefix(text: &str, most: usize) -> usize {
    let mut written = String::new();
    let mut whole = 0;
    for (at, letter) in text.char_indices() {
        write_letter(letter, &mut written);
        if written.len() > most {
            break;
        }
        whole = at + letter.len_utf8();
    }
    whole
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn floats_are_written_as_python_writes_them() {
        let cases = [
            (12.5, "12.5"),
            (3.0, "3.0"),
            (1500.0, "1500.0"),
            (0.99, "0.99"),
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (-20.25, "-20.25"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.000_01, "1e-05"),
            (0.000_012_5, "1.25e-05"),
            (1e15, "1000000000000000.0"),
            (1_234_567_890_123_456.0, "1234567890123456.0"),
            (1e16, "1e+16"),
            (1.5e16, "1.5e+16"),
            (1e22, "1e+22"),
            (1e100, "1e+100"),
            (1e-100, "1e-100"),
            (5e-324, "5e-324"),
            (f64::MAX, "1.7976931348623157e+308"),
            (1.0 / 3.0, "0.3333333333333333"),
            (123_456.789, "123456.789"),
            (f64::INFINITY, "inf"),
            (f64::NEG_INFINITY, "-inf"),
            (f64::NAN, "nan"),
        ];
        for (number, written) in cases {
            assert_eq!(float_repr(number), written);
        }
    }

    #[test]
    fn json_is_written_as_python_writes_it() {
        let value =
            json!({ "a": [1, 2.0, "x", null, true], "é": { "t": "tab\t \"q\" \\ \u{7f} كتاب 😀 \u{1}" } });
        assert_eq!(
            json(&value),
            r#"{"a": [1, 2.0, "x", null, true], "\u00e9": {"t": "tab\t \"q\" \\ \u007f \u0643\u062a\u0627\u0628 \ud83d\ude00 \u0001"}}"#
        );
        assert_eq!(json_prefix("aé😀b", 6), 1);
        assert_eq!(json_prefix("aé😀b", 19), 7);
        assert_eq!(json_prefix("aé😀b", 20), 8);
        assert_eq!(json(&json!([])), "[]");
        assert_eq!(json(&json!({})), "{}");
    }
}
