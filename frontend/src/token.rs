//! **The** table of tokens, and what the parser looks up by token: operators and their precedence.

use ferlance_abi::ops::BinaryOp;

/// Tokens: name, text as written (empty if it varies). Keywords first, then operators, then the rest.
macro_rules! for_each_token {
    ($then:path) => { $then! {
        keywords {
            False = "False", None = "None", True = "True", Debug = "__debug__", And = "and", As = "as",
            Assert = "assert", Async = "async", Await = "await", Break = "break", Class = "class",
            Continue = "continue", Def = "def", Del = "del", Elif = "elif", Else = "else", Except = "except",
            Finally = "finally", For = "for", From = "from", Global = "global", If = "if", Import = "import",
            In = "in", Is = "is", Lambda = "lambda", Nonlocal = "nonlocal", Not = "not", Or = "or", Pass = "pass",
            Raise = "raise", Return = "return", Try = "try", While = "while", With = "with", Yield = "yield",
        }
        operators {
            LParen = "(", RParen = ")", LBracket = "[", RBracket = "]", LBrace = "{", RBrace = "}",
            Comma = ",", Colon = ":", Semicolon = ";", Dot = ".", Ellipsis = "...", At = "@", Arrow = "->",
            Assign = "=", Walrus = ":=", Tilde = "~",
            Plus = "+", Minus = "-", Star = "*", DoubleStar = "**", Slash = "/", DoubleSlash = "//", Percent = "%",
            Less = "<", Greater = ">", EqualEqual = "==", LessEqual = "<=", GreaterEqual = ">=", NotEqual = "!=",
            Pipe = "|", Caret = "^", Ampersand = "&", ShiftLeft = "<<", ShiftRight = ">>",
            PlusAssign = "+=", MinusAssign = "-=", StarAssign = "*=", DoubleStarAssign = "**=",
            SlashAssign = "/=", DoubleSlashAssign = "//=", PercentAssign = "%=", AtAssign = "@=",
            PipeAssign = "|=", CaretAssign = "^=", AmpersandAssign = "&=",
            ShiftLeftAssign = "<<=", ShiftRightAssign = ">>=",
        }
        others {
            Name, Int, Number, Str, LongStr, Bytes,
            Newline, Indent, Dedent, End,
            Unindent, MalformedFString, Invalid,
        }
    } };
}

macro_rules! define_tokens {
    (
        keywords { $($keyword:ident = $keyword_text:literal,)* }
        operators { $($operator:ident = $operator_text:literal,)* }
        others { $($other:ident,)* }
    ) => {
        /// A kind of token.
        ///
        /// `Int` is a decimal integer whose value the lexer computed, `Number` any other number, checked when the
        /// parser takes it. `Str` is a str that is a qstr. `Unindent` stands in place of a `Newline` after which the
        /// indentation fits no block; `MalformedFString` and `Invalid` are what no rule accepts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Token {
            $(#[doc = concat!("`", $keyword_text, "`")] $keyword,)*
            $(#[doc = concat!("`", $operator_text, "`")] $operator,)*
            $(#[doc = stringify!($other)] $other,)*
        }

        impl Token {
            /// The keywords.
            pub const KEYWORDS: &'static [Token] = &[$(Token::$keyword,)*];

            /// Their texts, one behind the other.
            const KEYWORD_TEXTS: &'static str = concat!($($keyword_text),*);

            /// How many kinds there are.
            pub const COUNT: usize = [$(Token::$keyword,)* $(Token::$operator,)* $(Token::$other,)*].len();

            /// As written; for tokens whose text varies, their name.
            pub const fn text(self) -> &'static str {
                match self {
                    $(Token::$keyword => $keyword_text,)*
                    $(Token::$operator => $operator_text,)*
                    $(Token::$other => stringify!($other),)*
                }
            }
        }
    };
}
for_each_token!(define_tokens);

/// The level of a binary operator, and the operator. A higher level binds tighter; 0 is no operator.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Infix {
    /// 1 for `|` to 6 for `*`.
    pub(crate) level: u8,
    /// The operator; meaningless at level 0.
    pub(crate) op: BinaryOp,
}

const NO_INFIX: Infix = Infix {
    level: 0,
    op: BinaryOp::Add,
};

const INFIX: [Infix; Token::COUNT] = {
    let mut table = [NO_INFIX; Token::COUNT];
    let rows: [(Token, u8, BinaryOp); 12] = [
        (Token::Pipe, 1, BinaryOp::Or),
        (Token::Caret, 2, BinaryOp::Xor),
        (Token::Ampersand, 3, BinaryOp::And),
        (Token::ShiftLeft, 4, BinaryOp::ShiftLeft),
        (Token::ShiftRight, 4, BinaryOp::ShiftRight),
        (Token::Plus, 5, BinaryOp::Add),
        (Token::Minus, 5, BinaryOp::Subtract),
        (Token::Star, 6, BinaryOp::Multiply),
        (Token::At, 6, BinaryOp::MatMultiply),
        (Token::Slash, 6, BinaryOp::TrueDivide),
        (Token::Percent, 6, BinaryOp::Modulo),
        (Token::DoubleSlash, 6, BinaryOp::FloorDivide),
    ];
    let mut i = 0;
    while i < rows.len() {
        let (token, level, op) = rows[i];
        table[token as usize] = Infix { level, op };
        i += 1;
    }
    table
};

impl Token {
    /// The binary operator this token is, below `**` and above comparisons.
    #[inline]
    pub(crate) fn infix(self) -> Infix {
        INFIX[self as usize]
    }

    /// The operator of an augmented assignment.
    pub(crate) fn augmented(self) -> Option<BinaryOp> {
        Some(match self {
            Token::PlusAssign => BinaryOp::Add,
            Token::MinusAssign => BinaryOp::Subtract,
            Token::StarAssign => BinaryOp::Multiply,
            Token::DoubleStarAssign => BinaryOp::Power,
            Token::SlashAssign => BinaryOp::TrueDivide,
            Token::DoubleSlashAssign => BinaryOp::FloorDivide,
            Token::PercentAssign => BinaryOp::Modulo,
            Token::AtAssign => BinaryOp::MatMultiply,
            Token::PipeAssign => BinaryOp::Or,
            Token::CaretAssign => BinaryOp::Xor,
            Token::AmpersandAssign => BinaryOp::And,
            Token::ShiftLeftAssign => BinaryOp::ShiftLeft,
            Token::ShiftRightAssign => BinaryOp::ShiftRight,
            _ => return None,
        })
    }
}

/// Slots of the keyword table; a power of two.
const KEYWORD_SLOTS: usize = 128;

/// Keywords by the hash of their text: open addressing, 0 is empty, else token + 1.
const KEYWORD_TABLE: [u8; KEYWORD_SLOTS] = {
    let mut table = [0; KEYWORD_SLOTS];
    let mut i = 0;
    while i < Token::KEYWORDS.len() {
        let token = Token::KEYWORDS[i];
        let hash = ferlance_abi::qstr::hash_bytes(token.text().as_bytes());
        let mut at = hash as usize % KEYWORD_SLOTS;
        while table[at] != 0 {
            at = (at + 1) % KEYWORD_SLOTS;
        }
        table[at] = token as u8 + 1;
        i += 1;
    }
    table
};

/// Where the text of each keyword ends in [`Token::KEYWORD_TEXTS`]; the first starts at 0.
const KEYWORD_ENDS: [u8; Token::KEYWORDS.len() + 1] = {
    assert!(Token::KEYWORD_TEXTS.len() < 256);
    let mut ends = [0; Token::KEYWORDS.len() + 1];
    let mut i = 0;
    while i < Token::KEYWORDS.len() {
        ends[i + 1] = ends[i] + Token::KEYWORDS[i].text().len() as u8;
        i += 1;
    }
    ends
};

/// The keyword with this text, whose hash is `hash`.
#[inline]
pub(crate) fn keyword(text: &[u8], hash: u32) -> Option<Token> {
    let mut at = hash as usize % KEYWORD_SLOTS;
    loop {
        let index = (KEYWORD_TABLE[at] as usize).checked_sub(1)?;
        let (start, end) = (KEYWORD_ENDS[index], *KEYWORD_ENDS.get(index + 1)?);
        let own = Token::KEYWORD_TEXTS.as_bytes();
        if own.get(start as usize..end as usize) == Some(text) {
            return Token::KEYWORDS.get(index).copied();
        }
        at = (at + 1) % KEYWORD_SLOTS;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_keyword_is_found_and_nothing_else() {
        let find = |text: &str| {
            keyword(
                text.as_bytes(),
                ferlance_abi::qstr::hash_bytes(text.as_bytes()),
            )
        };
        for token in Token::KEYWORDS {
            assert_eq!(find(token.text()), Some(*token));
        }
        for text in [
            "match", "case", "type", "print", "exec", "", "Nonee", "iff", "self",
        ] {
            assert_eq!(find(text), None, "{text}");
        }
    }
}
