//! Writing JSON. The types that JSON has are written here; everything else prints itself.

use ferlance_abi::qstr;
use ferlance_vm::obj::bytes::BYTES;
use ferlance_vm::obj::class;
use ferlance_vm::obj::dict::{self, Dict};
use ferlance_vm::obj::int::decimal;
use ferlance_vm::obj::list::List;
use ferlance_vm::obj::ordered_dict::ORDERED_DICT;
use ferlance_vm::obj::ptr::Ptr;
use ferlance_vm::obj::seq::Items;
use ferlance_vm::obj::tuple::Tuple;
use ferlance_vm::obj::ty::PrintKind;
use ferlance_vm::obj::word::Obj;
use ferlance_vm::stream;
use ferlance_vm::text::print::TextBuf;
use ferlance_vm::text::repr::write_json;
use ferlance_vm::{R, Runtime};

/// How much text is put together before a stream gets it.
const PIECE: usize = 512;

/// What stands between things.
pub(super) struct Separators<'a> {
    /// Between items.
    pub(super) item: &'a [u8],
    /// Between key and value.
    pub(super) key: &'a [u8],
}

impl Separators<'static> {
    pub(super) const DEFAULT: Separators<'static> = Separators {
        item: b", ",
        key: b": ",
    };
}

/// Text on its way to a stream or into a str.
pub(super) struct Writer<'a> {
    out: TextBuf,
    separators: Separators<'a>,
    stream: Option<Obj>,
}

impl<'a> Writer<'a> {
    pub(super) fn new(
        rt: &mut Runtime,
        separators: Separators<'a>,
        stream: Option<Obj>,
    ) -> Writer<'a> {
        Writer {
            out: TextBuf::take(rt),
            separators,
            stream,
        }
    }

    /// The text as a str.
    pub(super) fn into_str(self, rt: &mut Runtime) -> R<Obj> {
        let text = rt.new_str(self.out.bytes())?;
        self.out.give_back(rt);
        Ok(text)
    }

    /// Hands the rest of the text to the stream.
    pub(super) fn finish(mut self, rt: &mut Runtime) -> R<()> {
        self.hand_over(rt)?;
        self.out.give_back(rt);
        Ok(())
    }

    fn hand_over(&mut self, rt: &mut Runtime) -> R<()> {
        if let Some(stream) = self.stream {
            stream::write_all(rt, stream, self.out.bytes())?;
            self.out.truncate(0);
        }
        Ok(())
    }

    #[inline]
    fn push(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        self.out.push_bytes(rt, text)
    }

    /// Any object.
    pub(super) fn value(&mut self, rt: &mut Runtime, obj: Obj) -> R<()> {
        if let Some(value) = obj.as_small() {
            let mut buf = [0; 24];
            return self.push(rt, decimal(value, &mut buf));
        }
        if let Some(text) = rt.str_bytes(obj) {
            return self.string(rt, text);
        }
        match obj {
            Obj::NONE => return self.push(rt, b"null"),
            Obj::TRUE => return self.push(rt, b"true"),
            Obj::FALSE => return self.push(rt, b"false"),
            _ => {}
        }
        if let Some(list) = obj.cast::<List>() {
            return self.items(rt, list);
        }
        if let Some(dict) = obj.cast::<Dict>() {
            return self.entries(rt, dict);
        }
        self.other(rt, obj)
    }

    /// What is neither a constant nor a small int, str, list or dict.
    #[inline(never)]
    fn other(&mut self, rt: &mut Runtime, obj: Obj) -> R<()> {
        if let Some(tuple) = obj.cast::<Tuple>() {
            return self.items(rt, tuple);
        }
        let ty = obj.ty();
        if ty.same(&ORDERED_DICT)
            && let Some(dict) = dict::of(obj)
        {
            return self.entries(rt, dict);
        }
        // What an instance inherits from a native type, unless its class says how it prints.
        if ty.is_class()
            && let Some(native) = class::native_base(obj)
            && class::lookup(rt, ty, qstr!("__str__")).is_none()
            && class::lookup(rt, ty, qstr!("__repr__")).is_none()
        {
            return self.value(rt, native);
        }
        rt.print(obj, PrintKind::Json, &mut self.out)
    }

    fn string(&mut self, rt: &mut Runtime, text: &[u8]) -> R<()> {
        let plain = |byte: &u8| *byte >= 0x20 && *byte != b'"' && *byte != b'\\';
        if !text.iter().all(plain) {
            return write_json(rt, text, &mut self.out);
        }
        self.push(rt, b"\"")?;
        self.push(rt, text)?;
        self.push(rt, b"\"")
    }

    /// A piece for the stream, if there is enough of it.
    #[inline]
    fn between(&mut self, rt: &mut Runtime) -> R<()> {
        if self.stream.is_some() && self.out.bytes().len() >= PIECE {
            return self.hand_over(rt);
        }
        Ok(())
    }

    fn items<S: Items>(&mut self, rt: &mut Runtime, seq: S) -> R<()> {
        rt.check_stack()?;
        self.push(rt, b"[")?;
        let mut i = 0;
        while let Some(item) = seq.at(i) {
            if i > 0 {
                self.push(rt, self.separators.item)?;
            }
            self.value(rt, item)?;
            self.between(rt)?;
            i += 1;
        }
        self.push(rt, b"]")
    }

    fn entries(&mut self, rt: &mut Runtime, dict: Ptr<Dict>) -> R<()> {
        rt.check_stack()?;
        self.push(rt, b"{")?;
        let mut at = 0;
        while let Some((i, key, value)) = dict.map.next_from(at) {
            if at > 0 {
                self.push(rt, self.separators.item)?;
            }
            self.key(rt, key)?;
            self.push(rt, self.separators.key)?;
            self.value(rt, value)?;
            self.between(rt)?;
            at = i + 1;
        }
        self.push(rt, b"}")
    }

    /// A key: JSON has none but strings.
    fn key(&mut self, rt: &mut Runtime, key: Obj) -> R<()> {
        if let Some(text) = rt.str_bytes(key) {
            return self.string(rt, text);
        }
        if key.ty().same(&BYTES) {
            return self.value(rt, key);
        }
        self.push(rt, b"\"")?;
        self.value(rt, key)?;
        self.push(rt, b"\"")
    }
}
