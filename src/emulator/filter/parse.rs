//! Reading a filter: words, then the grammar. Errors are sentences in the framework's manner.

use super::{Filter, Kind, Literal, Operator, Property};
use crate::emulator::clock::Moment;

/// The framework's default: a filter may have this many nodes (section 3). A comparison is three of them: the
/// operator, the property and the constant.
const NODES_MAX: usize = 100;
/// Parentheses are no nodes; this bounds them.
const DEPTH_MAX: usize = 50;

/// Understands a whole text.
pub(super) fn filter(text: &str, properties: &'static [Property]) -> Result<Filter, String> {
    let mut parser = Parser { tokens: tokens(text)?, at: 0, properties, nodes: 0, depth: 0 };
    let filter = parser.either()?;
    match parser.next() {
        None => Ok(filter),
        Some(token) => Err(format!("Syntax error: unexpected {token:?}.")),
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Bare(String),
    Quoted(String),
    Open,
    Close,
    Comma,
    Colon,
    Slash,
}

fn tokens(text: &str) -> Result<Vec<Token>, String> {
    let mut tokens = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(&first) = chars.peek() {
        let single = match first {
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            ',' => Some(Token::Comma),
            ':' => Some(Token::Colon),
            '/' => Some(Token::Slash),
            _ => None,
        };
        if let Some(token) = single {
            chars.next();
            tokens.push(token);
        } else if first.is_whitespace() {
            chars.next();
        } else if first == '\'' {
            chars.next();
            let mut quoted = String::new();
            loop {
                match chars.next() {
                    // A quote in a string is doubled (section 3).
                    Some('\'') if chars.peek() == Some(&'\'') => {
                        chars.next();
                        quoted.push('\'');
                    }
                    Some('\'') => break,
                    Some(other) => quoted.push(other),
                    None => return Err("There is an unterminated string literal.".to_owned()),
                }
            }
            tokens.push(Token::Quoted(quoted));
        } else if first.is_ascii_alphanumeric() || matches!(first, '-' | '_') {
            // A colon belongs to a time, and ends a name.
            let timelike = first.is_ascii_digit() || first == '-';
            let mut bare = String::new();
            while let Some(next) = chars.next_if(|next| {
                next.is_ascii_alphanumeric()
                    || matches!(next, '-' | '_' | '.')
                    || (timelike && matches!(next, ':' | '+'))
            }) {
                bare.push(next);
            }
            tokens.push(Token::Bare(bare));
        } else {
            return Err(format!("Syntax error: character '{first}' is not valid."));
        }
    }
    Ok(tokens)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    properties: &'static [Property],
    nodes: usize,
    depth: usize,
}

/// Grammar, loosest first: `either := both ("or" both)*`, `both := term ("and" term)*`,
/// `term := "(" either ")" | startswith(…) | name "/any(" … ")" | name operator literal`.
impl Parser {
    fn either(&mut self) -> Result<Filter, String> {
        let mut left = self.both()?;
        while self.take_word("or") {
            self.node(1)?;
            left = Filter::Or(Box::new(left), Box::new(self.both()?));
        }
        Ok(left)
    }

    fn both(&mut self) -> Result<Filter, String> {
        let mut left = self.term()?;
        while self.take_word("and") {
            self.node(1)?;
            left = Filter::And(Box::new(left), Box::new(self.term()?));
        }
        Ok(left)
    }

    fn term(&mut self) -> Result<Filter, String> {
        match self.next() {
            Some(Token::Open) => {
                self.depth += 1;
                if self.depth > DEPTH_MAX {
                    return Err("The filter is nested too deeply.".to_owned());
                }
                let inner = self.either()?;
                self.expect(&Token::Close)?;
                self.depth -= 1;
                Ok(inner)
            }
            Some(Token::Bare(name)) => match self.peek() {
                Some(Token::Open) => self.function(&name),
                Some(Token::Slash) => self.any(&name),
                _ => self.comparison(&name),
            },
            Some(token) => Err(format!("Syntax error: unexpected {token:?}.")),
            None => Err("Syntax error: the expression ends too early.".to_owned()),
        }
    }

    fn function(&mut self, name: &str) -> Result<Filter, String> {
        if name != "startswith" {
            return Err(format!("An unknown function with name '{name}' was found."));
        }
        self.node(3)?;
        self.expect(&Token::Open)?;
        let property = match self.next() {
            Some(Token::Bare(name)) => self.property(&name)?,
            _ => return Err("startswith needs a property.".to_owned()),
        };
        self.expect(&Token::Comma)?;
        let Some(Token::Quoted(start)) = self.next() else {
            return Err("startswith needs a string.".to_owned());
        };
        self.expect(&Token::Close)?;
        if !matches!(property.kind, Kind::Text | Kind::Word) {
            return Err(format!("startswith is not defined for '{}'.", property.name));
        }
        Ok(Filter::StartsWith(property, start))
    }

    /// `machineTags/any(t: t eq 'x')`
    fn any(&mut self, name: &str) -> Result<Filter, String> {
        self.node(5)?;
        let property = self.property(name)?;
        self.expect(&Token::Slash)?;
        let any = self.take_word("any");
        if !any || property.kind != Kind::Texts {
            return Err(format!("'{}' has no such member.", property.name));
        }
        self.expect(&Token::Open)?;
        let variable = self.next();
        self.expect(&Token::Colon)?;
        if !matches!(variable, Some(Token::Bare(_))) || self.next() != variable || !self.take_word("eq") {
            return Err("any needs the form any(t: t eq 'x').".to_owned());
        }
        let Some(Token::Quoted(wanted)) = self.next() else {
            return Err("any compares with a string.".to_owned());
        };
        self.expect(&Token::Close)?;
        Ok(Filter::AnyEquals(property, wanted))
    }

    fn comparison(&mut self, name: &str) -> Result<Filter, String> {
        let property = self.property(name)?;
        self.node(3)?;
        let operator = match self.next() {
            Some(Token::Bare(word)) => match word.as_str() {
                "eq" => Operator::Equal,
                "ne" => Operator::NotEqual,
                "gt" => Operator::Greater,
                "ge" => Operator::GreaterOrEqual,
                "lt" => Operator::Less,
                "le" => Operator::LessOrEqual,
                _ => return Err(format!("Syntax error: '{word}' is no operator here.")),
            },
            _ => return Err(format!("Syntax error: an operator must follow '{}'.", property.name)),
        };
        let literal = match (property.kind, self.next()) {
            (Kind::Texts, _) => return Err(format!("'{}' is a collection.", property.name)),
            (_, Some(Token::Bare(word))) if word == "null" => Some(Literal::Null),
            (Kind::Text | Kind::Word, Some(Token::Quoted(text))) => Some(Literal::Text(text)),
            // An action's id is a GUID, and GUIDs stand bare in OData.
            (Kind::Word, Some(Token::Bare(text))) if property.name == "id" => Some(Literal::Text(text)),
            (Kind::Number, Some(Token::Bare(text) | Token::Quoted(text))) => {
                text.parse().ok().map(Literal::Number)
            }
            (Kind::Time, Some(Token::Bare(text))) => time(&text).map(Literal::Time),
            _ => None,
        };
        literal.map(|literal| Filter::Compare(property, operator, literal)).ok_or_else(|| {
            format!("A binary operator with incompatible types was detected at '{}'.", property.name)
        })
    }

    fn property(&self, name: &str) -> Result<&'static Property, String> {
        self.properties
            .iter()
            .find(|property| property.name.eq_ignore_ascii_case(name))
            .ok_or_else(|| format!("Could not find a filterable property named '{name}'."))
    }

    fn node(&mut self, count: usize) -> Result<(), String> {
        self.nodes += count;
        if self.nodes > NODES_MAX {
            return Err(format!("The node count limit of '{NODES_MAX}' has been exceeded."));
        }
        Ok(())
    }

    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn next(&mut self) -> Option<Token> {
        let token = self.peek().cloned();
        self.at += 1;
        token
    }

    fn take_word(&mut self, word: &str) -> bool {
        let taken = matches!(self.peek(), Some(Token::Bare(bare)) if bare == word);
        self.at += usize::from(taken);
        taken
    }

    fn expect(&mut self, expected: &Token) -> Result<(), String> {
        match self.next() {
            Some(token) if token == *expected => Ok(()),
            Some(token) => Err(format!("Syntax error: {expected:?} expected, {token:?} found.")),
            None => Err(format!("Syntax error: {expected:?} expected at the end.")),
        }
    }
}

/// `2019-11-22T00:00:00Z`, and a day alone, with or without `Z` (section 3).
pub(super) fn time(text: &str) -> Option<Moment> {
    let day = || format!("{}T00:00:00Z", text.strip_suffix('Z').unwrap_or(text)).parse();
    text.parse().or_else(|_| day()).ok().map(Moment::from_timestamp)
}
