//! Text in, text out.

use std::string::String;

use ferlance_abi::qstr;
use ferlance_vm::call::Args;
use ferlance_vm::obj::dict;
use ferlance_vm::obj::ty::PrintKind;
use ferlance_vm::obj::word::Obj;
use ferlance_vm::obj::{bytes, list, tuple};
use ferlance_vm::testing::runtime;
use ferlance_vm::{R, Runtime};

use super::{dumps, loads};

fn shown(rt: &mut Runtime, result: R<Obj>) -> String {
    let obj = match result {
        Ok(obj) => obj,
        Err(raised) => rt.take_exception(raised),
    };
    let text = rt.text_of(obj, PrintKind::Repr).expect("it prints");
    String::from_utf8_lossy(text.bytes()).into_owned()
}

#[track_caller]
fn reads(text: &str, expected: &str) {
    let mut rt = runtime();
    let source = rt.new_str(text.as_bytes()).expect("room");
    let result = loads(&mut rt, source);
    assert_eq!(shown(&mut rt, result), expected, "{text}");
}

#[track_caller]
fn writes(rt: &mut Runtime, values: &[Obj], n_pos: usize, expected: &str) {
    let result = dumps(rt, Args::new(values, n_pos));
    assert_eq!(shown(rt, result), expected);
}

const SYNTAX: &str = "ValueError('syntax error in JSON',)";

#[test]
fn scalars_and_containers_are_read() {
    reads("null", "None");
    reads(" [true, false] ", "[True, False]");
    reads(
        r#"{"a": {"b": [1, -2, 1.5]}}"#,
        "{'a': {'b': [1, -2, 1.5]}}",
    );
    reads("999999999999999999", "999999999999999999");
    reads("-1234567890123456789012", "-1234567890123456789012");
    reads("[1e3, -.5, 1.]", "[1000.0, -0.5, 1.0]");
}

#[test]
fn commas_and_colons_are_white_space() {
    reads("[,1 2,]", "[1, 2]");
    reads(":1", "1");
    reads(r#"{"a" 1,,"b"::2,}"#, "{'a': 1, 'b': 2}");
    reads("1,", SYNTAX);
}

#[test]
fn either_bracket_closes_and_a_key_alone_is_dropped() {
    reads("[1}", "[1]");
    reads(r#"{"a":[1}]"#, "{'a': [1]}");
    reads(r#"{"a":1,"b"}"#, "{'a': 1}");
    reads("[1]]", SYNTAX);
    reads("[[1]", SYNTAX);
}

#[test]
fn scalars_can_be_keys_and_containers_cannot() {
    reads("{1:2,null:3,1:4}", "{1: 4, None: 3}");
    reads("{[]:1}", SYNTAX);
}

#[test]
fn escapes_mean_characters() {
    reads(r#""\u00e9\n\/\q""#, "'é\\n/q'");
    reads(r#""\ud83d""#, r"'\ud83d'");
    reads(r#""\u12""#, SYNTAX);
    reads(r#""\"#, SYNTAX);
}

#[test]
fn a_nul_ends_the_text() {
    reads("1\0]", "1");
    reads("[1\0]", SYNTAX);
    reads("\"a\0\"", SYNTAX);
}

#[test]
fn malformed_text_raises() {
    for text in [
        "",
        "nul",
        "truefalse",
        "'a'",
        "+1",
        ".5",
        "NaN",
        "\u{c}1",
        "1a",
    ] {
        reads(text, SYNTAX);
    }
    reads("1.5.", "ValueError('invalid syntax for number',)");
    reads(
        "-",
        "ValueError(\"invalid syntax for integer with base 10: ''\",)",
    );
}

#[test]
fn bytes_that_are_no_text_raise() {
    let mut rt = runtime();
    for (source, expected) in [
        (&b"\"\xff\""[..], "UnicodeError()"),
        (b"\"\\n\xc3\"", "UnicodeError()"),
    ] {
        let source = bytes::new(&mut rt, source).expect("room");
        let result = loads(&mut rt, source);
        assert_eq!(shown(&mut rt, result), expected);
    }
}

#[test]
fn deep_nesting_is_read_without_recursion() {
    let mut rt = runtime();
    let text = "[".repeat(10_000) + &"]".repeat(10_000);
    let source = rt.new_str(text.as_bytes()).expect("room");
    let Ok(mut list) = loads(&mut rt, source) else {
        panic!("it is well-formed")
    };
    let mut depth = 1;
    while let Some(inner) = list::of(list).and_then(|list| list.item(0)) {
        list = inner;
        depth += 1;
    }
    assert_eq!(depth, 10_000);
}

#[test]
fn what_is_read_survives_collections() {
    let mut rt = runtime();
    let text =
        String::from("[") + &r#"{"key": ["some longer text", 1.5, {"x": []}]},"#.repeat(300) + "]";
    let source = rt.new_str(text.as_bytes()).expect("room");
    for _ in 0..40 {
        let result = loads(&mut rt, source);
        let value = result.expect("there is room for one at a time");
        assert_eq!(list::of(value).map(|list| list.len()), Some(300));
        let written = dumps(&mut rt, Args::positional(&[value])).expect("room");
        let again = rt.str_bytes(written).expect("a str").len();
        assert_eq!(again, text.len() + 300 - 2);
    }
}

#[test]
fn values_are_written_with_the_separators_given() {
    let mut rt = runtime();
    let x = rt.new_str(b"q\"\x01\xc3\xa9").expect("room");
    let pair = tuple::from_slice(&mut rt, &[Obj::int(1), Obj::NONE]).expect("room");
    let d = dict::new(&mut rt).expect("room");
    for (key, value) in [(x, pair.obj()), (Obj::int(2), Obj::TRUE), (Obj::NONE, x)] {
        d.map.store(&mut rt, key, value).expect("room");
    }
    let l = list::from_slice(&mut rt, &[d.obj(), Obj::int(-7)]).expect("room");
    let plain = r#"'[{"q\\"\\u0001é": [1, null], "2": true, "null": "q\\"\\u0001é"}, -7]'"#;
    writes(&mut rt, &[l.obj()], 1, plain);
    let comma = rt.new_str(b",").expect("room");
    let equals = rt.new_str(b"=>").expect("room");
    let separators = tuple::from_slice(&mut rt, &[comma, equals]).expect("room");
    let name = Obj::qstr(qstr!("separators"));
    writes(
        &mut rt,
        &[l.obj(), name, separators.obj()],
        1,
        r#"'[{"q\\"\\u0001é"=>[1,null],"2"=>true,"null"=>"q\\"\\u0001é"},-7]'"#,
    );
    let short = tuple::from_slice(&mut rt, &[comma]).expect("room");
    writes(
        &mut rt,
        &[l.obj(), name, short.obj()],
        1,
        "ValueError('requested length 2 but object has length 1',)",
    );
}

#[test]
fn a_value_that_holds_itself_raises() {
    let mut rt = runtime();
    let l = list::with_capacity(&mut rt, 1).expect("room");
    l.push(&mut rt, l.obj()).expect("room");
    writes(
        &mut rt,
        &[l.obj()],
        1,
        "RuntimeError('maximum recursion depth exceeded',)",
    );
}
