//! Writes parameters in the styles of OpenAPI (parameter object, "Style Values").
//!
//! A value that the server would read as another one is an error, not a request.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value;

use crate::text::fits_header;

/// How the value of a parameter is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    /// `3,4,5`
    Simple,
    /// `.3.4.5`
    Label,
    /// `;color=blue`
    Matrix,
    /// `color=blue`
    Form,
    /// `color=blue%20black`
    SpaceDelimited,
    /// `color=blue%7Cblack`
    PipeDelimited,
    /// `color[R]=100`
    DeepObject,
    /// JSON: a parameter with `content`.
    Json,
}

/// Where a parameter is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Cookie,
}

/// Names and texts, both encoded. In a path or a header there is one text.
pub(super) type Pairs = Vec<(String, String)>;

/// All that is not unreserved (RFC 3986, section 2.3), so that no delimiter is left.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) fn encode(text: &str) -> String {
    utf8_percent_encode(text, RESERVED).to_string()
}

/// A parameter to write.
pub(super) struct Writer<'n> {
    pub(super) place: Place,
    pub(super) name: &'n str,
    pub(super) style: Style,
    pub(super) explode: bool,
}

impl Writer<'_> {
    /// The parameter with this value; the error says why it has no such text.
    pub(super) fn write(&self, value: &Value) -> Result<Pairs, String> {
        match (value, self.style) {
            (_, Style::Json) => Ok(self.one(self.encode(&self.json(value))?)),
            (Value::Array(items), _) => self.list(items),
            (Value::Object(_), Style::DeepObject) => {
                let mut fields = Vec::new();
                nested(self.name, value, &mut fields)?;
                let fields = fields.iter();
                Ok(fields
                    .map(|(name, text)| (encode(name), encode(text)))
                    .collect())
            }
            (Value::Object(_), _) => self.object(&members(value)?),
            (scalar, _) => {
                let text = self.encode(&text(scalar)?)?;
                Ok(self.one(match self.style {
                    Style::Label => format!(".{text}"),
                    Style::Matrix => self.assigned(&text),
                    _ => text,
                }))
            }
        }
    }

    fn list(&self, items: &[Value]) -> Result<Pairs, String> {
        let items: Vec<String> = items.iter().map(text).collect::<Result<_, _>>()?;
        let exploded = self.explode || self.style == Style::DeepObject;
        let separate = exploded && matches!(self.place, Place::Query | Place::Cookie);
        let delimiters = match (self.place, self.style) {
            (Place::Path, Style::Label) if exploded || items.len() == 1 => ".,",
            (Place::Path, Style::Matrix) if exploded => ";",
            (Place::Path | Place::Header, _) => ",",
            _ if separate => "",
            (_, Style::SpaceDelimited) => " ",
            (_, Style::PipeDelimited) => "|",
            _ => "",
        };
        items
            .iter()
            .try_for_each(|item| self.distinct(item, delimiters))?;
        let single = items.len() == 1 && items[0].is_empty();
        if single && !separate && !(self.style == Style::Matrix && exploded) {
            return Err("a list of one empty text is the same as an empty list there".into());
        }
        let texts: Vec<String> = items
            .iter()
            .map(|item| self.encode(item))
            .collect::<Result<_, _>>()?;
        if separate {
            return Ok(self.separate(texts));
        }
        Ok(self.one(match self.style {
            Style::Label if exploded => format!(".{}", texts.join(".")),
            Style::Label => format!(".{}", texts.join(",")),
            Style::Matrix if exploded => texts.iter().map(|text| self.assigned(text)).collect(),
            Style::Matrix => self.assigned(&texts.join(",")),
            style => texts.join(delimiter(style)),
        }))
    }

    fn object(&self, members: &[(String, String)]) -> Result<Pairs, String> {
        let in_url = matches!(self.place, Place::Path | Place::Header);
        if self.explode && self.style == Style::Form && !in_url {
            let members = members.iter();
            return Ok(members
                .map(|(name, text)| (encode(name), encode(text)))
                .collect());
        }
        let delimiters = match (self.place, self.style) {
            (Place::Path, Style::Label) if self.explode => ".,;",
            (Place::Path | Place::Header, _) if self.explode => ",;",
            (Place::Path | Place::Header, _) => ",",
            _ if self.explode => "",
            (_, Style::SpaceDelimited) => " ",
            (_, Style::PipeDelimited) => "|",
            _ => "",
        };
        let mut texts = Vec::new();
        for (name, text) in members {
            self.distinct(name, delimiters)?;
            self.distinct(text, delimiters)?;
            if self.explode && in_url {
                self.distinct(name, "=")?;
            }
            let (name, text) = (self.encode(name)?, self.encode(text)?);
            if self.explode {
                texts.push(format!("{name}={text}"));
            } else {
                texts.extend([name, text]);
            }
        }
        if texts.is_empty() && !in_url {
            return Ok(Vec::new());
        }
        if texts.is_empty() {
            return Err("an empty object has no text there".into());
        }
        if self.explode && !in_url {
            return Ok(self.separate(texts));
        }
        Ok(self.one(match self.style {
            Style::Label if self.explode => format!(".{}", texts.join(".")),
            Style::Label => format!(".{}", texts.join(",")),
            Style::Matrix if self.explode => texts.iter().map(|text| format!(";{text}")).collect(),
            Style::Matrix => self.assigned(&texts.join(",")),
            style => texts.join(delimiter(style)),
        }))
    }

    /// Several texts with the same name; a cookie has all in one value.
    fn separate(&self, texts: Vec<String>) -> Pairs {
        if self.place == Place::Cookie && !texts.is_empty() {
            return self.one(texts.join(&format!("&{}=", self.name)));
        }
        texts.into_iter().flat_map(|text| self.one(text)).collect()
    }

    fn one(&self, text: String) -> Pairs {
        let name = match self.place {
            Place::Query => encode(self.name),
            _ => self.name.to_owned(),
        };
        vec![(name, text)]
    }

    fn assigned(&self, text: &str) -> String {
        let name = encode(self.name);
        if text.is_empty() {
            format!(";{name}")
        } else {
            format!(";{name}={text}")
        }
    }

    fn json(&self, value: &Value) -> String {
        let json = value.to_string();
        if self.place != Place::Header {
            return json;
        }
        let mut ascii = String::new();
        for letter in json.chars() {
            if letter.is_ascii() && letter != '\x7f' {
                ascii.push(letter);
            } else {
                let units = letter.encode_utf16(&mut [0; 2]).to_owned();
                ascii.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
            }
        }
        ascii
    }

    /// Headers are not encoded.
    fn encode(&self, text: &str) -> Result<String, String> {
        if self.place != Place::Header {
            return Ok(encode(text));
        }
        fits_header(text)?;
        Ok(text.to_owned())
    }

    fn distinct(&self, text: &str, delimiters: &str) -> Result<(), String> {
        match text.chars().find(|letter| delimiters.contains(*letter)) {
            Some(letter) => Err(format!("`{letter}` in an item is a delimiter there")),
            None => Ok(()),
        }
    }
}

fn delimiter(style: Style) -> &'static str {
    match style {
        Style::SpaceDelimited => "%20",
        Style::PipeDelimited => "%7C",
        _ => ",",
    }
}

/// The text of a value; a list or an object in another one is JSON.
pub(super) fn text(value: &Value) -> Result<String, String> {
    match value {
        Value::Null => Err("`null` has no text".into()),
        Value::String(text) => Ok(text.clone()),
        other => Ok(other.to_string()),
    }
}

/// The members of an object; a list is several with the same name, and `null` is absent.
fn members(object: &Value) -> Result<Vec<(String, String)>, String> {
    let mut all = Vec::new();
    for (name, member) in object.as_object().into_iter().flatten() {
        match member {
            Value::Null => {}
            Value::Array(items) => {
                for item in items {
                    all.push((name.clone(), text(item)?));
                }
            }
            other => all.push((name.clone(), text(other)?)),
        }
    }
    Ok(all)
}

/// Fields with their names, not encoded: `a[b]`, a list as `a=1` and `a=2`, or with an index if
/// its items are not simple; `null` is absent.
pub(super) fn nested(name: &str, value: &Value, fields: &mut Pairs) -> Result<(), String> {
    match value {
        Value::Null => {}
        Value::Array(items) => {
            let simple = !items.iter().any(|item| item.is_array() || item.is_object());
            for (index, item) in items.iter().enumerate() {
                match simple {
                    true => fields.push((name.into(), text(item)?)),
                    false => nested(&format!("{name}[{index}]"), item, fields)?,
                }
            }
        }
        Value::Object(members) => {
            for (key, member) in members {
                nested(&bracketed(name, key)?, member, fields)?;
            }
        }
        other => fields.push((name.into(), text(other)?)),
    }
    Ok(())
}

pub(super) fn bracketed(name: &str, key: &str) -> Result<String, String> {
    if key.contains(['[', ']']) {
        return Err(format!("the name `{key}` has a bracket"));
    }
    Ok(format!("{name}[{key}]"))
}
