//! The machine stack: the parser and the lowering follow the nesting of the source by recursion.
//!
//! Their limits of depth fit the stack that a host's main thread or a board has at rest. A runtime that compiles at the
//! bottom of a recursion has less, and says where it ends.

/// How low the machine stack may grow; the default sets no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StackLimit(usize);

impl StackLimit {
    /// The stack, which grows downwards, may be used down to `address`. Functions that do not check need room below it.
    pub fn at(address: usize) -> StackLimit {
        StackLimit(address)
    }

    /// Whether it has been passed.
    #[inline]
    pub(crate) fn passed(self) -> bool {
        let here = 0u8;
        (&raw const here).addr() < self.0
    }
}

#[cfg(test)]
mod tests {
    use ferlance_abi::qstr::Pool;

    use super::StackLimit;
    use crate::diag::Code;
    use crate::lower::{Lower, Options};
    use crate::parser::{ParseOptions, parse};

    /// The address of something on the stack now.
    fn here() -> usize {
        let here = 0u8;
        (&raw const here).addr()
    }

    #[test]
    fn parsing_ends_where_the_stack_does() {
        let source = "(".repeat(150) + "a" + &")".repeat(150);
        let parsed = |limit| {
            let options = ParseOptions {
                stack: StackLimit::at(limit),
                ..ParseOptions::default()
            };
            parse(source.as_bytes(), &mut Pool::new(), &options)
        };
        let diag = parsed(here() - 4096).expect_err("4 KiB hold no 150 levels");
        assert_eq!(diag.code, Code::TooDeep);
        assert!(parsed(0).is_ok());
    }

    #[test]
    fn lowering_ends_where_the_stack_does() {
        let mut pool = Pool::new();
        let source = "a ** ".repeat(150) + "a";
        let ast =
            parse(source.as_bytes(), &mut pool, &ParseOptions::default()).expect("it is right");
        let name = pool.intern(b"t.py").expect("there is room");
        let mut resolved = |limit| {
            let options = Options {
                stack: StackLimit::at(limit),
                ..Options::default()
            };
            Lower::new(&ast, &mut pool, name, &options)
                .expect("there is room")
                .resolve()
        };
        let diag = resolved(here() - 4096).expect_err("4 KiB hold no 150 levels");
        assert_eq!(diag.code, Code::TooDeep);
        assert_eq!(resolved(0), Ok(()));
    }
}
